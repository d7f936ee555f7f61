"""How many summaries were read, by what answered: counted without delaying anyone, kept in PostgreSQL by a task.

Counts wait in the process for a second, then in the cache's Redis for the task; a crash or an eviction loses those few
minutes, never more, and nothing is counted twice.
"""

from collections import Counter
from datetime import date, timedelta
from typing import cast

import redis
from django.db import connection, transaction
from django.utils import timezone

from core import stores
from core.carrier import Carrier

# Two caches, a text that the database had, and one that had to be made first (or was about to be).
TIERS = ("memory", "redis", "db", "generated")
_REDIS_SECONDS = 8 * 86_400
_PREFIX = "pilling:summary-reads:"


class _Counter(Carrier[Counter[str]]):
    """This process's reads of the last second."""

    def _empty(self) -> Counter[str]:
        return Counter()

    def note(self, tier: str, count: int = 1) -> None:
        with self.adding() as waiting:
            waiting[tier] += count

    def _send(self, waiting: Counter[str]) -> None:
        _send(waiting, timezone.localdate())


_counter = _Counter("summary-reads")
note = _counter.note
flush = _counter.flush


def _key(day: date) -> str:
    return f"{_PREFIX}{day:%Y%m%d}"


def _send(waiting: Counter[str], day: date) -> None:
    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for tier, count in waiting.items():
                pipe.hincrby(_key(day), tier, count)
            pipe.expire(_key(day), _REDIS_SECONDS)
            pipe.execute()

    stores.cache.run(send, key=_key(day))


def store(*, today: date | None = None) -> int:
    """Move the last week's counts from Redis to PostgreSQL; returns how many reads. Raises redis.RedisError."""
    today = today or timezone.localdate()
    return sum(_store_day(today - timedelta(days=back)) for back in range(7))


_ADD = """
INSERT INTO summary_reads (day, tier, count) VALUES (%s, %s, %s)
ON CONFLICT (day, tier) DO UPDATE SET count = summary_reads.count + EXCLUDED.count
"""


def _store_day(day: date) -> int:
    counts = {tier: count for tier, count in _taken(day).items() if tier in TIERS}
    with transaction.atomic(), connection.cursor() as cursor:
        for tier, count in counts.items():
            cursor.execute(_ADD, (day, tier, count))
    return sum(counts.values())


def _taken(day: date) -> dict[str, int]:
    """Read and forget in one step, so that two tasks never store the same reads."""

    def take(client: redis.Redis) -> list[object]:
        with client.pipeline(transaction=True) as pipe:
            pipe.hgetall(_key(day))
            pipe.delete(_key(day))
            return cast("list[object]", pipe.execute())

    held = cast("dict[bytes, bytes]", stores.cache.run(take, key=_key(day))[0])
    return {tier.decode(): int(count) for tier, count in held.items()}
