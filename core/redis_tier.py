"""The second tier: Redis, shared by all processes. For `core.cache` alone.

A value is stored behind four bytes that say until when it is fresh and four that say what it was, so that garbage is a
miss; it stays in Redis longer, to be served as stale
when the database is away. A deleted key leaves a mark for a moment, so that a reader who read the old row just before
cannot put it back.
"""

import logging
import random
import struct
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from secrets import token_bytes
from typing import cast

import redis

from core import metrics, replica, stores

logger = logging.getLogger(__name__)

_HEAD = struct.Struct(">II")
_MARK = b"\0\0\0\0deleted"
_MARK_MS = 5_000 + int(replica.MAX_AGE_SECONDS * 1000)
JITTER = 0.1
# Another random value after each drop: whole answers (core.composed) are of one epoch.
EPOCH = "epoch"
_EPOCH_SECONDS = 365 * 86_400
_EPOCH_BYTES = 12
_AT_ONCE = 500
_SET = f"""
for i = 1, #KEYS do
  local held = redis.call('GETRANGE', KEYS[i], 0, {len(_MARK) - 1})
  if held ~= ARGV[1] then redis.call('SET', KEYS[i], ARGV[i + 2], 'EX', ARGV[2]) end
end
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What Redis holds. `fresh`: seconds until it is out of date, below 0 when it is; `kept`: until Redis drops it."""

    value: bytes
    fresh: float
    kept: float


def _closed(until: int, value: bytes) -> bytes:
    return _HEAD.pack(until, zlib.crc32(value)) + value


def _set(names: Sequence[str], values: Mapping[str, bytes], seconds: int) -> tuple[str | bytes | int, ...]:
    return ("EVAL", _SET, len(names), *names, _MARK, seconds, *(values[name] for name in names))


def _marks(groups: Sequence[Sequence[str]]) -> list[tuple[stores.Word, ...]]:
    return [("SET", name, _MARK, "PX", _MARK_MS) for group in groups for name in group]


class RedisTier:
    """Bytes by versioned key (`prefix` + key). Any failure of Redis is counted and is a miss, never an exception."""

    def __init__(self, *, prefix: str, stale_seconds: int) -> None:
        self._prefix = prefix
        self._stale_seconds = stale_seconds

    def get_many(self, keys: Sequence[str], *, stale: bool = False) -> dict[str, bytes]:
        """What is held and fresh; with `stale`, also what is past its time."""
        raw = self._fetch(keys)
        now = time.time()
        found: dict[str, bytes] = {}
        for key, value in zip(keys, raw, strict=False):
            fresh, body = self._opened(value)
            if body is not None and (stale or fresh > now):
                found[key] = body
        return found

    def _fetch(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        if not keys:
            return ()
        found: dict[str, bytes | None] = {}
        for server, groups in self._split(keys):
            try:
                answers = server.ask_each([("MGET", *group) for group in groups])
            except redis.RedisError as error:
                self._failed("read", error)
                continue
            for group, values in zip(groups, answers, strict=True):
                found.update(zip(group, values, strict=True))
        return [found.get(self._prefix + key) for key in keys]

    def _split(self, keys: Iterable[str]) -> list[tuple[stores.Server, list[list[str]]]]:
        """Which server has which of the keys; nothing when no server of a cluster says so."""
        try:
            return stores.cache.split([self._prefix + key for key in keys])
        except redis.RedisError as error:
            self._failed("look-up", error)
            return []

    def peek(self, key: str) -> Held | None:
        """What is held under a key, however old. Raises redis.RedisError."""
        name = self._prefix + key
        value, left = stores.cache.run(lambda client: (client.get(name), client.pttl(name)), key=name)
        fresh, body = self._opened(cast("bytes | None", value))
        return None if body is None else Held(body, fresh - time.time(), max(0, left) / 1000)

    @staticmethod
    def _opened(value: bytes | None) -> tuple[int, bytes | None]:
        """Until when it is fresh, and the bytes that were put there; None for nothing, a mark, and what is garbage."""
        if value is None or value == _MARK:
            return 0, None
        if len(value) >= _HEAD.size:
            fresh, sum_ = _HEAD.unpack_from(value)
            body = value[_HEAD.size :]
            if sum_ == zlib.crc32(body):
                return fresh, body
        metrics.cache_failures.labels("redis").inc()
        logger.warning("Cache entry is garbage, and taken for a miss")
        return 0, None

    def set_many(self, items: Mapping[str, bytes], *, seconds: float, serve_stale: bool = True) -> bool:
        """Keep the values fresh for about `seconds` (jittered by a tenth, so that they do not all end at once).

        `serve_stale`: keep them afterwards for `get_many(stale=True)`. False when a server did not take its part.
        """
        until, kept = self._lifetime(seconds, serve_stale=serve_stale)
        values = {self._prefix + key: _closed(until, value) for key, value in items.items()}
        split = self._split(items)
        taken = [
            self._told("write", server, [_set(group, values, kept) for group in groups]) for server, groups in split
        ]
        return all(taken) and bool(taken or not items)

    def begin_epoch(self) -> None:
        """The first one, where Redis was emptied."""
        self.add(EPOCH, token_bytes(_EPOCH_BYTES), seconds=_EPOCH_SECONDS)

    def add(self, key: str, value: bytes, *, seconds: float) -> None:
        """Keep the value unless there is one, or there was one until a moment ago."""
        until, kept = self._lifetime(seconds)
        name = self._prefix + key
        try:
            stores.cache.run(lambda client: client.set(name, _closed(until, value), ex=kept, nx=True), key=name)
        except redis.RedisError as error:
            self._failed("write", error)

    def _lifetime(self, seconds: float, *, serve_stale: bool = True) -> tuple[int, int]:
        """The moment until which a value is fresh, and the seconds until Redis may drop it."""
        fresh = seconds * random.uniform(1 - JITTER, 1 + JITTER)
        return int(time.time() + fresh), int(fresh) + 1 + (self._stale_seconds if serve_stale else 0)

    def delete_many(self, keys: Sequence[str], *, channel: str, message: bytes) -> bool:
        """Mark the keys deleted, begin an epoch, then publish `message`. False when a server did not take its part."""
        marked = self.mark_deleted(keys)
        return self.tell(channel=channel, message=message) and marked

    def mark_deleted(self, keys: Sequence[str]) -> bool:
        """False when a server did not take its part."""
        marked = [self._told("delete", server, _marks(groups)) for server, groups in self._split(keys)]
        return all(marked) and bool(marked or not keys)

    def tell(self, *, channel: str, message: bytes) -> bool:
        """Begin an epoch, then publish `message`. False when Redis did not take both."""
        begun = self.set_many({EPOCH: token_bytes(_EPOCH_BYTES)}, seconds=_EPOCH_SECONDS)
        try:
            stores.cache.run(lambda client: client.publish(channel, message))
        except redis.RedisError as error:
            self._failed("delete", error)
            return False
        return begun

    def delete_all(self) -> bool:
        """Drop every key of ours, without marks. False when a server did not answer to the end."""
        try:
            for server in stores.cache.servers():
                server.run(self._empty)
        except redis.RedisError as error:
            self._failed("delete", error)
            return False
        return True

    def _empty(self, client: redis.Redis) -> None:
        found = client.scan_iter(match=f"{self._prefix}*", count=_AT_ONCE)
        while names := list(islice(found, _AT_ONCE)):
            with client.pipeline(transaction=False) as pipe:
                # One by one: those of one command would have to share a cluster's slot.
                for name in names:
                    pipe.unlink(name)
                pipe.execute()

    def _told(self, what: str, server: stores.Server, commands: Sequence[Sequence[stores.Word]]) -> bool:
        try:
            server.ask_each(commands)
        except redis.RedisError as error:
            self._failed(what, error)
            return False
        return True

    def answers(self, key: str) -> bool:
        """Whether the server that has the key answers."""
        try:
            return bool(stores.cache.run(lambda client: client.ping(), key=self._prefix + key))
        except redis.RedisError:
            return False

    def _failed(self, what: str, error: Exception) -> None:
        metrics.cache_failures.labels("redis").inc()
        logger.warning("Cache %s failed: %s", what, type(error).__name__)
