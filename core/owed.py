"""What Redis did not take, to be told again until it does. For `core.cache` alone."""

import logging
import os
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import cast

import redis

from core import stores

logger = logging.getLogger(__name__)
# Cards and details of the whole catalogue are fewer.
MAX_KEYS = 200_000
ALL = ""
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Put:
    """A value, made at the moment when it is put, and the seconds for which it is fresh."""

    make: Callable[[], bytes]
    seconds: float


class Owed:
    """Keys, each with the value to put or None: to be dropped. Beyond MAX_KEYS everything is to be dropped (ALL).

    After a fork the parent tells it.
    """

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._what: dict[str, Put | None] = {}

    def add(self, what: Mapping[str, Put | None]) -> None:
        with self._lock:
            self._what |= what
            if len(self._what) > MAX_KEYS:
                self._what = {ALL: None} | {key: put for key, put in self._what.items() if put}

    def take(self) -> dict[str, Put | None]:
        """Some of it, which is owed no longer: who fails to tell it adds it again."""
        with self._lock:
            taken = dict(islice(self._what.items(), _AT_ONCE))
            for key in taken:
                del self._what[key]
        return taken


# Keys to be dropped, on the broker, which forgets nothing: for when the process that owes them ends first.
_WRITTEN = "pilling:cache-owed"
# No entry is fresh for longer.
_WRITTEN_SECONDS = 2 * 3_600


def write_down(keys: Collection[str]) -> None:
    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            pipe.sadd(_WRITTEN, *keys)
            pipe.expire(_WRITTEN, _WRITTEN_SECONDS)
            pipe.execute()

    _tried(send, keys)


def cross_off(keys: Collection[str]) -> None:
    _tried(lambda client: client.srem(_WRITTEN, *keys), keys)


def _tried(command: Callable[[redis.Redis], object], keys: Collection[str]) -> None:
    if keys:
        try:
            stores.broker.run(command)
        except redis.RedisError as error:
            logger.warning("What the cache is owed is not written down: %s", type(error).__name__)


def written_down() -> list[str]:
    """Some of it. Raises redis.RedisError."""
    found = stores.broker.run(lambda client: client.srandmember(_WRITTEN, _AT_ONCE))
    return [key.decode() for key in cast("list[bytes]", found)]
