"""The first tier: a bounded dictionary in this process. For `core.cache` alone."""

import os
import threading
import time
from collections.abc import Iterable, Mapping

from cachetools import TLRUCache, TTLCache

from core import metrics

MAX_SECONDS = 30.0
# Python's own cost of a key, a value and their place in the cache, as measured with tracemalloc.
_ENTRY_OVERHEAD = 700
# How long a dropped key is not filled again: a reader may still hold what it read before the drop.
_REFUSE_SECONDS = 2.0


class MemoryTier:
    """Least-recently-used values with a lifetime of at most 30 s, bounded by entries and by bytes; thread-safe."""

    def __init__(self, *, max_entries: int, max_bytes: int, seconds: float) -> None:
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self.seconds = min(seconds, MAX_SECONDS)
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._values: TLRUCache[str, bytes] = TLRUCache(
            maxsize=self._max_bytes,
            ttu=lambda key, value, now: now + self.seconds,
            timer=time.monotonic,
            getsizeof=lambda value: len(value) + _ENTRY_OVERHEAD,
        )
        self._refused: TTLCache[str, None] = TTLCache(maxsize=10_000, ttl=_REFUSE_SECONDS, timer=time.monotonic)

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        with self._lock:
            values = self._values
            return {key: value for key in keys if (value := values.get(key)) is not None}

    def set_many(self, items: Mapping[str, bytes]) -> None:
        """Keep the values; one that is larger than the whole tier, or dropped a moment ago, is not kept."""
        with self._lock:
            for key, value in items.items():
                if key in self._refused or len(value) + _ENTRY_OVERHEAD > self._max_bytes:
                    continue
                self._values[key] = value
                while len(self._values) > self._max_entries:
                    self._values.popitem()
            metrics.memory_entries.set(len(self._values))
            metrics.memory_bytes.set(self._values.currsize)

    def drop_many(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._values.pop(key, None)
                self._refused[key] = None

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    def __len__(self) -> int:
        return len(self._values)

    @property
    def used_bytes(self) -> int:
        """Bytes held, each entry's fixed cost included."""
        return int(self._values.currsize)
