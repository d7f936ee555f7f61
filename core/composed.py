"""Whole answers put together from entries of the tiers, kept so that a hot one is made once: here, and in Redis."""

import os
import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.cache import TwoTier
from core.memory_tier import REFUSE_SECONDS, MemoryTier
from core.redis_tier import EPOCH

T = TypeVar("T")
SECONDS = 2.0
SHARED_SECONDS = 60.0


class Composed(Generic[T]):
    """Values by key, for two seconds, and only while nothing is dropped from `memory`: a drop outdates them all.

    That is coarse and costs little: they are made again from the entries that stayed. `max_entries` bounds them; when
    it is reached all are forgotten.
    """

    def __init__(self, memory: MemoryTier, *, max_entries: int = 512) -> None:
        self._memory = memory
        self._max_entries = max_entries
        self._seconds = min(SECONDS, memory.seconds)
        self._held: dict[Hashable, tuple[int, float, T]] = {}
        os.register_at_fork(after_in_child=self._held.clear)

    def get(self, key: Hashable) -> T | None:
        entry = self._held.get(key)
        if entry is None or entry[0] != self._memory.drops or entry[1] < time.monotonic():
            return None
        return entry[2]

    def put(self, key: Hashable, value: T, *, since: int) -> None:
        """Keep a value; `since` is what `memory.drops` was before the value's parts were read."""
        if len(self._held) >= self._max_entries:
            self._held.clear()
        self._held[key] = (since, time.monotonic() + self._seconds, value)


@dataclass(frozen=True, slots=True)
class Since:
    """What was known before an answer's parts were read: the epoch, and the memory's drops."""

    epoch: bytes
    drops: int


class SharedComposed:
    """Whole answers in Redis, for every process, in one round trip. Each is of an epoch, which any drop ends.

    A process that has just heard of an epoch may hold parts from before the drop that began it, in its memory or from a
    replica. So it puts nothing here until the epoch is as old to it as a dropped key is refused, nor while it does not
    hear of drops.
    """

    def __init__(self, tiers: TwoTier) -> None:
        self._tiers = tiers
        self._known: tuple[bytes, float] = (b"", 0.0)

    def get(self, key: str) -> tuple[bytes | None, Since]:
        """The answer of this epoch, or None; and what `put` wants to know."""
        drops = self._tiers.memory.drops
        held = self._tiers.shared.get_many((EPOCH, key))
        epoch = held.get(EPOCH, b"")
        if epoch != self._known[0]:
            self._known = epoch, time.monotonic()
        value = held.get(key, b"")
        if not (epoch and value.startswith(epoch)):
            return None, Since(epoch, drops)
        self._tiers.count_shared()
        return value[len(epoch) :], Since(epoch, drops)

    def put(self, key: str, value: bytes, *, since: Since) -> None:
        """Keep an answer whose parts were read after `get`."""
        if not since.epoch:
            self._tiers.shared.begin_epoch()
        elif since.drops == self._tiers.memory.drops and self._is_settled(since.epoch):
            items = {key: since.epoch + value}
            self._tiers.shared.set_many(items, seconds=SHARED_SECONDS, serve_stale=False)

    def _is_settled(self, epoch: bytes) -> bool:
        known, heard_at = self._known
        is_old = epoch == known != b"" and time.monotonic() - heard_at > REFUSE_SECONDS
        return is_old and self._tiers.subscriber.connected.is_set()
