"""How many summaries were read, by what answered: counted without delaying anyone, kept in PostgreSQL by a task.

Counts wait in the process for a second, then in the cache's Redis for the task; a crash or an eviction loses those few
minutes, never more, and nothing is counted twice.
"""

import atexit
import logging
import os
import threading
import time
from collections import Counter
from datetime import date, timedelta
from typing import cast

import redis
from django.db import connection, transaction
from django.utils import timezone

from core import stores

logger = logging.getLogger(__name__)
# Two caches, a text that the database had, and one that had to be made first (or was about to be).
TIERS = ("memory", "redis", "db", "generated")
FLUSH_SECONDS = 1.0
_REDIS_SECONDS = 8 * 86_400
_PREFIX = "pilling:summary-reads:"


class _Counter:
    """This process's reads of the last second, and the thread that carries them to Redis."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.flush)

    def _reset(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._started = False

    def note(self, tier: str, count: int = 1) -> None:
        with self._lock:
            self._waiting[tier] += count
            starting, self._started = not self._started, True
        if starting:
            threading.Thread(target=self._run, name="summary-reads", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Send what waits; a dead Redis loses it."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return
        try:
            _send(waiting, timezone.localdate())
        except redis.RedisError as error:
            logger.warning("Reads not counted: %s", type(error).__name__)


_counter = _Counter()
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

    stores.cache.run(send)


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

    held = cast("dict[bytes, bytes]", stores.cache.run(take)[0])
    return {tier.decode(): int(count) for tier, count in held.items()}
