"""Whole answers put together from entries of the memory tier, kept for a moment so that a hot one is made once."""

import os
import time
from collections.abc import Hashable
from typing import Generic, TypeVar

from core.memory_tier import MemoryTier

T = TypeVar("T")
SECONDS = 2.0


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
