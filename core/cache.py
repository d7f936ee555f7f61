"""The tiers in front of PostgreSQL: this process's memory, then Redis. Values are ready bytes (JSON), never pickle.

L1 (memory) lives at most 30 s and hears other processes' invalidations; L1' (Redis) is shared. Use `tiers()`.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence

from django.conf import settings

from core import invalidation, metrics
from core.memory_tier import MemoryTier
from core.owed import ALL, Owed, Put, cross_off, write_down, written_down
from core.redis_tier import RedisTier

MEMORY, REDIS = "memory", "redis"
_counters = {
    (tier, outcome): metrics.cache_requests.labels(tier, outcome)
    for tier in (MEMORY, REDIS)
    for outcome in ("hit", "miss")
}


def _count(tier: str, asked: int, hits: int) -> None:
    if hits:
        _counters[tier, "hit"].inc(hits)
    if asked > hits:
        _counters[tier, "miss"].inc(asked - hits)


class TwoTier:
    """Memory before Redis. Nothing here raises: a dead Redis is a slower answer."""

    def __init__(self, memory: MemoryTier, shared: RedisTier) -> None:
        self.memory = memory
        self.shared = shared
        self.owed = Owed()
        self.subscriber = invalidation.Subscriber(drop=memory.drop_many, clear=memory.clear, settle=self.settle)

    def get_many(self, keys: Sequence[str]) -> tuple[dict[str, bytes], dict[str, str]]:
        """What is held, and which tier each key came from ("memory" or "redis"). Redis hits fill the memory."""
        self.subscriber.ensure()
        found = self.memory.get_many(keys)
        _count(MEMORY, len(keys), len(found))
        tiers = dict.fromkeys(found, MEMORY)
        missing = [key for key in keys if key not in found]
        if missing:
            shared = self.shared.get_many(missing)
            _count(REDIS, len(missing), len(shared))
            self.memory.set_many(shared)
            found |= shared
            tiers |= dict.fromkeys(shared, REDIS)
        return found, tiers

    @staticmethod
    def count_composed() -> None:
        """One look-up that was answered before it came here (core.composed)."""
        _count(MEMORY, 1, 1)

    @staticmethod
    def count_shared() -> None:
        """One that Redis answered whole."""
        _count(MEMORY, 1, 0)
        _count(REDIS, 1, 1)

    def get(self, key: str) -> tuple[bytes, str] | None:
        """One value and its tier, or None."""
        found, tiers = self.get_many((key,))
        return (found[key], tiers[key]) if found else None

    def get_stale_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What Redis still holds, however old: for when the database is away. Not kept in memory, not counted."""
        return self.shared.get_many(keys, stale=True)

    def set_many(self, items: Mapping[str, bytes], *, seconds: float) -> None:
        """Fill both tiers; fresh for about `seconds` in Redis, and never longer than 30 s in memory.

        A key deleted within the last seconds is left alone: the value may have been read before the deletion.
        """
        self.shared.set_many(items, seconds=seconds)
        if seconds >= self.memory.seconds:
            self.memory.set_many(items)

    def delete_many(self, keys: Sequence[str]) -> bool:
        """Drop the keys everywhere. Call after the transaction has committed.

        False when Redis does not take it now: the other processes serve the old value until it does (`settle`).
        """
        return self._told(dict.fromkeys(keys)) if keys else True

    def announce(self, items: Mapping[str, bytes], *, seconds: float) -> None:
        """Put new values into Redis, where every process reads them again at once. Dropped when Redis is back, if it
        does not take them now.
        """
        self.memory.drop_many(items)
        if not (self.shared.set_many(items, seconds=seconds) and self._tell(items)):
            self._owe(dict.fromkeys(items))

    def renew(self, key: str, make: Callable[[], bytes], *, seconds: float) -> None:
        """The same for what must not be missing (a mark of the catalogue): made and put again until Redis takes it."""
        self._told({key: Put(make, seconds)})

    def settle(self) -> None:
        """Tell Redis again what it did not take. For the subscriber's thread, which comes back to it."""
        while owed := self.owed.take():
            if not self._settled(owed):
                self.owed.add(owed)
                return

    def settle_for_others(self) -> None:
        """The same for what processes owed that have ended since. For a task; raises the broker's redis.RedisError."""
        while keys := written_down():
            if not self._settled(dict.fromkeys(keys)):
                return

    def _settled(self, owed: Mapping[str, Put | None]) -> bool:
        settled = self._taken(owed) and self._tell(() if ALL in owed else owed)
        if settled:
            cross_off([key for key, put in owed.items() if put is None])
        return settled

    def _told(self, what: Mapping[str, Put | None]) -> bool:
        self.memory.drop_many(what)
        taken = self._taken(what)
        # Also when a server did not take its part: what the others did is heard at once.
        told = self._tell(what)
        if not (taken and told):
            self._owe(what)
        return taken and told

    def _taken(self, what: Mapping[str, Put | None]) -> bool:
        drops = [key for key, put in what.items() if put is None and key != ALL]
        return (
            (ALL not in what or self.shared.delete_all())
            and self.shared.mark_deleted(drops)
            and all(self.shared.set_many({key: put.make()}, seconds=put.seconds) for key, put in what.items() if put)
        )

    def _tell(self, keys: Iterable[str]) -> bool:
        return self.shared.tell(channel=invalidation.CHANNEL, message=invalidation.message(list(keys)))

    def _owe(self, what: Mapping[str, Put | None]) -> None:
        self.owed.add(what)
        write_down([key for key, put in what.items() if put is None])
        self.subscriber.ensure()

    def clear_memory(self) -> None:
        """Empty the first tier of every process (a new catalogue, a new version of the answers)."""
        self.memory.clear()
        self._tell(())


@functools.cache
def tiers() -> TwoTier:
    """The process's tiers, sized by L1_MAX_ENTRIES, L1_MAX_BYTES and L1_SECONDS; keys versioned by CACHE_VERSION."""
    memory = MemoryTier(
        max_entries=getattr(settings, "L1_MAX_ENTRIES", 20_000),
        max_bytes=getattr(settings, "L1_MAX_BYTES", 16 * 1024 * 1024),
        seconds=getattr(settings, "L1_SECONDS", 30.0),
    )
    version = getattr(settings, "CACHE_VERSION", 1)
    shared = RedisTier(prefix=f"pilling:v{version}:", stale_seconds=getattr(settings, "CACHE_STALE_SECONDS", 86_400))
    return TwoTier(memory, shared)
