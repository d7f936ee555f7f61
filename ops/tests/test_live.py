"""The hour's figures out of minutes."""

import pytest

from core import stores
from core.minutes import Minute
from ops import live

HELD = [
    Minute(100, {
        ("status", "search", "2"): 90, ("status", "search", "5"): 10, ("status", "summary", "2"): 4,
        ("within", "search", "0.01"): 50, ("within", "search", "0.1"): 100, ("within", "search", "+Inf"): 100,
        ("within", "summary", "3.0"): 4, ("within", "summary", "+Inf"): 4,
        ("cache", "memory", "hit"): 60, ("cache", "memory", "miss"): 40, ("cache", "redis", "hit"): 30,
        ("cache", "redis", "miss"): 10, ("call", "openai", "ok"): 3, ("call", "openai", "timeout"): 1,
        ("call", "openai", "breaker_open"): 5, ("task", "succeeded"): 2,
    }),
    Minute(101, {}),
]  # fmt: skip


def test_an_hour():
    hour = live.of(HELD)
    assert (hour.requests, hour.failed) == (104, 10)
    assert hour.rates == {"memory": 60.0, "redis": 75.0, "all": 90.0}
    assert (hour.lookups, hour.spared) == (100, 90)
    assert hour.calls == [live.Calls("openai", sent=4, failed=1, held=5)]
    assert hour.tasks == {"succeeded": 2}
    assert hour.times["p50"] == pytest.approx(13.6, abs=0.1)
    assert hour.series["at"] == [6_000, 6_060]
    assert hour.series["failed"] == [10, 0]
    assert hour.series["all"] == [90.0, None]
    assert hour.series["p99"][1] is None


def test_the_slowest_need_a_few_requests():
    (route,) = live.of(HELD).slowest
    assert (route.name, route.requests, route.failed) == ("search", 100, 10)
    assert (route.p50, route.p95) == (pytest.approx(10), pytest.approx(91))


@pytest.mark.parametrize(("share", "expected"), [(0.5, 10.0), (0.25, 5.0), (0.95, 91.0), (1.0, 100.0)])
def test_percentiles_lie_between_the_bounds(share, expected):
    assert live.percentile({0.01: 50, 0.1: 100, float("inf"): 100}, share) == pytest.approx(expected)


def test_percentiles_of_nothing_and_of_the_endless_bucket():
    assert live.percentile({}, 0.5) is None
    assert live.percentile({0.01: 0, float("inf"): 0}, 0.5) is None
    assert live.percentile({10.0: 0, float("inf"): 5}, 0.5) == 10_000


def test_queue_lengths():
    stores.broker.client.flushdb()
    stores.broker.client.rpush("people", "a", "b")
    stores.broker.client.hset("unacked", "x", "1")
    assert live.queue_lengths() == {"people": 2, "reminders": 0, "batch": 0, "at_work": 1}
    stores.broker.client.flushdb()
