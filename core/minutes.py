"""What all processes did, minute by minute, kept in Redis for two hours: for the operators' page.

Nobody counts anything here. A thread of each process looks at its own metrics every two seconds and adds what has come
since to the minute's hash, in one pipeline; a request pays for nothing but the look whether the thread runs.
"""

import atexit
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis

from core import metrics, stores

logger = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
KEPT_SECONDS = 2 * 3_600
MOST_MINUTES = 60
# Names of ours alone, so this is never reached; a mistake must not fill Redis.
_MAX_FIELDS = 5_000
_PREFIX = "pilling:minutes:"
_SEPARATOR = "\t"
# Asked every few seconds by machines: among people's requests they would hide what people wait for.
_QUIET = frozenset(("livez", "readyz", "metrics"))

Field = tuple[str, ...]
"""("within", route, seconds): requests answered within so many seconds; ("status", route, "5"): by the first digit;
("cache", tier, outcome), ("call", vendor, outcome), ("task", outcome)."""


@dataclass(frozen=True, slots=True)
class Minute:
    """`number`: minutes since 1970."""

    number: int
    counts: Mapping[Field, int]


class _Carrier:
    """This process's metrics when they were last looked at, and the thread that looks."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.stop)

    def _reset(self) -> None:
        self._started = False
        self._ends = threading.Event()
        self._seen: dict[Field, int] = {}
        self._lock = threading.Lock()

    def ensure(self) -> None:
        """Start the thread unless it runs. What was counted before is another process's: a parent's."""
        if not self._started:
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._seen, self._started = _totals(), True
        threading.Thread(target=self._run, args=(self._ends,), name="minutes", daemon=True).start()

    def _run(self, ends: threading.Event) -> None:
        while not ends.wait(FLUSH_SECONDS):
            self.flush()

    def stop(self) -> None:
        """Send what is left and end the thread; `ensure` starts another."""
        self._ends.set()
        self.flush()
        self._reset()

    def flush(self) -> None:
        """Send what has come since the last time; a dead Redis loses it."""
        if not self._started:
            return
        with self._lock:
            totals = _totals()
            added = {field: count - self._seen.get(field, 0) for field, count in totals.items()}
            self._seen = totals
        try:
            _send({field: count for field, count in added.items() if count > 0}, int(time.time() // 60))
        except redis.RedisError as error:
            logger.warning("Minutes not counted: %s", type(error).__name__)


_carrier = _Carrier()
ensure = _carrier.ensure
flush = _carrier.flush
stop = _carrier.stop


def last(minutes: int = MOST_MINUTES) -> list[Minute]:
    """The last minutes, this one (unfinished) at the end; those without anything too. Raises redis.RedisError."""
    now = int(time.time() // 60)
    numbers = range(now - minutes + 1, now + 1)

    def read(client: redis.Redis) -> list[dict[bytes, bytes]]:
        with client.pipeline(transaction=False) as pipe:
            for number in numbers:
                pipe.hgetall(f"{_PREFIX}{number}")
            return cast("list[dict[bytes, bytes]]", pipe.execute())

    return [Minute(number, _read(held)) for number, held in zip(numbers, stores.cache.run(read), strict=True)]


def _read(held: Mapping[bytes, bytes]) -> dict[Field, int]:
    return {tuple(name.decode().split(_SEPARATOR)): int(count) for name, count in held.items()}


def _send(added: Mapping[Field, int], minute: int) -> None:
    if not added:
        return
    key = f"{_PREFIX}{minute}"

    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for field, count in list(added.items())[:_MAX_FIELDS]:
                pipe.hincrby(key, _SEPARATOR.join(field), count)
            pipe.expire(key, KEPT_SECONDS)
            pipe.execute()

    stores.cache.run(send)


def _totals() -> dict[Field, int]:
    """This process's own counts, also where several processes share the metrics' folder."""
    totals: defaultdict[Field, int] = defaultdict(int)
    for sample in _samples(metrics.response_time):
        route = sample.labels["route"]
        if route in _QUIET:
            continue
        if sample.name.endswith("_bucket"):
            totals["within", route, sample.labels["le"]] += int(sample.value)
        elif sample.name.endswith("_count"):
            totals["status", route, sample.labels["status"][0]] += int(sample.value)
    for sample in _samples(metrics.cache_requests):
        totals["cache", sample.labels["tier"], sample.labels["outcome"]] += int(sample.value)
    for sample in _samples(metrics.external_calls):
        totals["call", sample.labels["vendor"], sample.labels["outcome"]] += int(sample.value)
    for sample in _samples(metrics.tasks):
        totals["task", sample.labels["outcome"]] += int(sample.value)
    return totals


def _samples(metric: Any) -> list[Any]:
    return [sample for family in metric.collect() for sample in family.samples]
