"""The last hour in figures, from the minutes that all processes count into (core.minutes). Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import redis
from django.conf import settings

from core import minutes, stores
from core.cache import MEMORY, REDIS
from core.minutes import Minute

MINUTES = minutes.MOST_MINUTES
SLOWEST = 8
# Fewer requests say nothing of a route.
_LEAST_REQUESTS = 5
_SHARES = (0.5, 0.95, 0.99)
_UNACKED = "unacked"
Buckets = Mapping[float, int]
"""Seconds to how many requests took no longer."""


@dataclass(frozen=True, slots=True)
class Route:
    """One page or endpoint; times in milliseconds."""

    name: str
    requests: int
    failed: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of an outside service; `held`: kept back by its breaker."""

    vendor: str
    sent: int
    failed: int
    held: int


@dataclass(frozen=True, slots=True)
class Hour:
    """`rates`: percent of the look-ups that a tier answered, "all": that needed no database; None without any."""

    requests: int
    failed: int
    times: Mapping[str, float | None]
    rates: Mapping[str, float | None]
    lookups: int
    spared: int
    calls: Sequence[Calls]
    slowest: Sequence[Route]
    tasks: Mapping[str, int]
    series: Mapping[str, list[Any]] = field(default_factory=dict)


def hour() -> Hour:
    """Raises redis.RedisError."""
    return of(minutes.last(MINUTES))


def of(held: Sequence[Minute]) -> Hour:
    whole = _sum(minute.counts for minute in held)
    routes = [_route(name, whole) for name in {key[1] for key in whole if key[0] == "status"}]
    busy = [route for route in routes if route.requests >= _LEAST_REQUESTS]
    hits, asked = _cache(whole)
    return Hour(
        requests=sum(route.requests for route in routes),
        failed=sum(route.failed for route in routes),
        times=_times(_buckets(whole)),
        rates=_rates(whole),
        lookups=asked,
        spared=hits,
        calls=_calls(whole),
        slowest=sorted(busy, key=lambda route: -route.p95)[:SLOWEST],
        tasks={key[1]: count for key, count in sorted(whole.items()) if key[0] == "task"},
        series=_series(held),
    )


def queue_lengths() -> dict[str, int]:
    """Tasks that wait, by queue, and those that a worker holds. Raises redis.RedisError."""
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]

    def ask(client: redis.Redis) -> list[int]:
        with client.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.llen(name)
            pipe.hlen(_UNACKED)
            return cast("list[int]", pipe.execute())

    return dict(zip([*names, "at_work"], stores.broker.run(ask), strict=True))


def percentile(buckets: Buckets, share: float) -> float | None:
    """Milliseconds, straight between two bounds as Prometheus' histogram_quantile; None when nothing was counted."""
    total = max(buckets.values(), default=0)
    if not total:
        return None
    rank, lower, before = share * total, 0.0, 0
    for bound, count in sorted(buckets.items()):
        if count >= rank and count > before:
            known = bound if bound != float("inf") else lower
            return 1_000 * (lower + (known - lower) * (rank - before) / (count - before))
        lower, before = bound, count
    return 1_000 * lower


def _sum(parts: Iterable[Mapping[minutes.Field, int]]) -> dict[minutes.Field, int]:
    whole: defaultdict[minutes.Field, int] = defaultdict(int)
    for part in parts:
        for key, count in part.items():
            whole[key] += count
    return whole


def _buckets(counts: Mapping[minutes.Field, int], route: str = "") -> Buckets:
    found: defaultdict[float, int] = defaultdict(int)
    for key, count in counts.items():
        if key[0] == "within" and route in ("", key[1]):
            found[float(key[2])] += count
    return found


def _times(buckets: Buckets) -> dict[str, float | None]:
    return {f"p{share * 100:.0f}": percentile(buckets, share) for share in _SHARES}


def _route(name: str, counts: Mapping[minutes.Field, int]) -> Route:
    requests = sum(count for key, count in counts.items() if key[:2] == ("status", name))
    p50, p95, p99 = (percentile(_buckets(counts, name), share) or 0.0 for share in _SHARES)
    return Route(name, requests, counts.get(("status", name, "5"), 0), p50, p95, p99)


def _cache(counts: Mapping[minutes.Field, int]) -> tuple[int, int]:
    """Look-ups that needed no database, and all; what memory missed is what Redis was asked."""
    hits = sum(counts.get(("cache", tier, "hit"), 0) for tier in (MEMORY, REDIS))
    return hits, sum(counts.get(("cache", MEMORY, outcome), 0) for outcome in ("hit", "miss"))


def _rates(counts: Mapping[minutes.Field, int]) -> dict[str, float | None]:
    def share(hits: int, asked: int) -> float | None:
        return 100 * hits / asked if asked else None

    found: dict[str, float | None] = {}
    for tier in (MEMORY, REDIS):
        hits, missed = (counts.get(("cache", tier, outcome), 0) for outcome in ("hit", "miss"))
        found[tier] = share(hits, hits + missed)
    return found | {"all": share(*_cache(counts))}


def _calls(counts: Mapping[minutes.Field, int]) -> list[Calls]:
    found = []
    for vendor in sorted({key[1] for key in counts if key[0] == "call"}):
        outcomes = {key[2]: count for key, count in counts.items() if key[:2] == ("call", vendor)}
        held = outcomes.pop("breaker_open", 0)
        sent = sum(outcomes.values())
        found.append(Calls(vendor, sent, sent - outcomes.get("ok", 0), held))
    return found


def _series(held: Sequence[Minute]) -> dict[str, list[Any]]:
    """One value a minute for the charts; None where nothing happened."""
    series: defaultdict[str, list[Any]] = defaultdict(list)
    for minute in held:
        counts = minute.counts
        statuses = [sum(n for key, n in counts.items() if key[::2] == ("status", digit)) for digit in "2345"]
        values = {"at": minute.number * 60, "answered": statuses[0] + statuses[1]}
        values |= {"refused": statuses[2], "failed": statuses[3]}
        values |= {"calls": sum(call.sent for call in _calls(counts))}
        for name, value in {**values, **_times(_buckets(counts)), **_rates(counts)}.items():
            series[name].append(value if value is None else round(value, 2))
    return dict(series)
