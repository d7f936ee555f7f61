"""Which server of a Valkey Cluster has a key: the slots as one of the servers tells them. For `core.stores` alone."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.crc import key_slot

SCHEMES = {"cluster": "redis", "clusters": "rediss"}
_SLOTS = 16_384
_AGAIN_SECONDS = 1.0


class Slots:
    """The map from `cluster://[user:password@]one:6379;cluster://two:6379`, read again when it proved outdated.

    `connect` makes a client of an address. At most once a second, since a server that is gone stays in the map until a
    replica has taken its place.
    """

    def __init__(self, url: str, connect: Callable[[str], redis.Redis]) -> None:
        first = urlsplit(url.split(";")[0])
        login, at, _ = first.netloc.rpartition("@")
        self._prefix = f"{SCHEMES[first.scheme]}://{login}{at}"
        self._seeds = [urlsplit(part).netloc.rpartition("@")[2] for part in url.split(";")]
        self._connect = connect
        self._reading = threading.Lock()
        self._owners: list[str] = []
        self._outdated = True
        self._not_before = 0.0

    def outdated(self) -> None:
        """A server is gone, or says that a slot is another's."""
        self._outdated = True

    def address(self, slot: int) -> str:
        """The URL of the server that has a slot. Raises redis.ConnectionError when none is known."""
        owner = self._known()[slot]
        if not owner:
            raise redis.ConnectionError("no server of the cluster has this slot")
        return self._prefix + owner

    def addresses(self) -> list[str]:
        """Every server's that has slots."""
        return [self._prefix + owner for owner in dict.fromkeys(self._known()) if owner]

    def _known(self) -> list[str]:
        # Who comes while another reads takes the old map, if there is one.
        if self._outdated and self._reading.acquire(blocking=not self._owners):
            try:
                if self._outdated and time.monotonic() >= self._not_before:
                    self._read()
            finally:
                self._reading.release()
        if not self._owners:
            raise redis.ConnectionError("no server of the cluster answers")
        return self._owners

    def _read(self) -> None:
        self._not_before = time.monotonic() + _AGAIN_SECONDS
        for place in dict.fromkeys([*self._owners, *self._seeds]):
            if owners := self._told_by(place) if place else None:
                self._owners, self._outdated = owners, False
                return

    def _told_by(self, place: str) -> list[str] | None:
        try:
            with self._connect(self._prefix + place) as client:
                told: Any = client.execute_command("CLUSTER SLOTS")
        except redis.RedisError:
            return None
        return _owners(told, place)


def _owners(told: Sequence[Any], place: str) -> list[str]:
    """For each slot "host:port", "" where nobody has it. A server that does not know its own name is the one asked."""
    owners = [""] * _SLOTS
    for start, end, master, *_ in told:
        host = _text(master[0]) or place.rpartition(":")[0]
        owners[start : end + 1] = [f"{host}:{master[1]}"] * (end + 1 - start)
    return owners


def _text(host: bytes | None) -> str:
    name = (host or b"").decode()
    return f"[{name}]" if ":" in name else name


def slot_of(key: str) -> int:
    """Keys with the same text in braces share a slot, and may stand in one command."""
    return key_slot(key.encode())
