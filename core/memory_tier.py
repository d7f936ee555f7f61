"""The first tier: a bounded dictionary in this process. For `core.cache` alone."""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from cachetools import TTLCache

from core import metrics, replica

MAX_SECONDS = 30.0
# Python's own cost of a key, a value and their place in the dictionary, as measured with tracemalloc.
_ENTRY_OVERHEAD = 240
# How long a dropped key is not filled again: a reader may still hold what it read before the drop, or on a replica.
REFUSE_SECONDS = 2.0 + replica.MAX_AGE_SECONDS


class MemoryTier:
    """Least-recently-used values with a lifetime of at most 30 s, bounded by entries and by bytes; thread-safe.

    Not cachetools' TLRUCache: eleven look-ups, one search, cost 39 µs there and 4 µs here.
    """

    def __init__(self, *, max_entries: int, max_bytes: int, seconds: float) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self.seconds = min(seconds, MAX_SECONDS)
        # How often something was dropped: what is put together from entries is outdated when it moves.
        self.drops = 0
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._values: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._refused: TTLCache[str, None] = TTLCache(maxsize=10_000, ttl=REFUSE_SECONDS, timer=time.monotonic)
        self.used_bytes = 0
        self.drops += 1

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        now = time.monotonic()
        found = {}
        with self._lock:
            values = self._values
            for key in keys:
                entry = values.get(key)
                if entry is not None and entry[0] > now:
                    values.move_to_end(key)
                    found[key] = entry[1]
        return found

    def peek(self, key: str) -> tuple[bytes, float] | None:
        """A value and the seconds it has left; looking does not count as using."""
        with self._lock:
            entry = self._values.get(key)
        left = entry[0] - time.monotonic() if entry else 0.0
        return (entry[1], left) if entry and left > 0 else None

    def set_many(self, items: Mapping[str, bytes]) -> None:
        """Keep the values; one that is larger than the whole tier, or dropped a moment ago, is not kept."""
        if self.seconds <= 0:
            return
        ends = time.monotonic() + self.seconds
        with self._lock:
            for key, value in items.items():
                self._remove(key)
                if key not in self._refused and _cost(value) <= self._max_bytes:
                    self._values[key] = (ends, value)
                    self.used_bytes += _cost(value)
            while self.used_bytes > self._max_bytes or len(self._values) > self._max_entries:
                self._remove(next(iter(self._values)))
            metrics.memory_entries.set(len(self._values))
            metrics.memory_bytes.set(self.used_bytes)

    def _remove(self, key: str) -> None:
        entry = self._values.pop(key, None)
        if entry is not None:
            self.used_bytes -= _cost(entry[1])

    def drop_many(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._remove(key)
                self._refused[key] = None
            self.drops += 1

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self.used_bytes = 0
            self.drops += 1

    def __len__(self) -> int:
        return len(self._values)


def _cost(value: bytes) -> int:
    return len(value) + _ENTRY_OVERHEAD
