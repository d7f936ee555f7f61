"""The minute buckets: they add up over processes, end by themselves, and cost nobody anything when Redis is away."""

import multiprocessing
import time

import pytest
import redis

from core import metrics, minutes, stores
from core.minutes import _Carrier

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def _no_minutes():
    # The process's own carrier, which a request of an earlier test started, sends what these tests count too.
    minutes.stop()
    stores.cache.client.flushdb()


@pytest.fixture
def carrier():
    one = _Carrier()
    yield one
    one.stop()


def whole(field):
    return sum(minute.counts.get(field, 0) for minute in minutes.last(5))


def serve(requests):
    """What a process does: it counts into its metrics, and its thread looks at them."""
    carrier = _Carrier()
    carrier.ensure()
    for _ in range(requests):
        metrics.response_time.labels("search", "GET", "200").observe(0.004)
        metrics.cache_requests.labels("memory", "hit").inc(3)
    metrics.response_time.labels("search", "GET", "500").observe(20)
    metrics.response_time.labels("livez", "GET", "200").observe(0.001)
    metrics.external_calls.labels("openai", "ok").inc()
    carrier.flush()
    carrier.stop()


def test_two_processes_add_up():
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=serve, args=(number,)) for number in (3, 5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert whole(("status", "search", "2")) == 8
    assert whole(("status", "search", "5")) == 2
    assert whole(("within", "search", "0.005")) == 8
    assert whole(("within", "search", "0.0025")) == whole(("within", "search", "0.002")) == 0
    assert whole(("within", "search", "10.0")) == 8
    assert whole(("within", "search", "+Inf")) == 10
    assert whole(("cache", "memory", "hit")) == 24
    assert whole(("call", "openai", "ok")) == 2
    assert not any("livez" in field for minute in minutes.last(5) for field in minute.counts)


def test_what_was_counted_before_is_anothers(carrier):
    metrics.cache_requests.labels("memory", "hit").inc(100)
    carrier.ensure()
    metrics.cache_requests.labels("memory", "hit").inc(7)
    carrier.flush()
    assert whole(("cache", "memory", "hit")) == 7


def test_nothing_new_sends_nothing(carrier):
    carrier.ensure()
    carrier.flush()
    assert [minute.counts for minute in minutes.last(5)] == [{}] * 5


def test_buckets_end_by_themselves():
    serve(1)
    (key,) = stores.cache.client.keys("pilling:minutes:*")
    assert 0 < stores.cache.client.ttl(key) <= minutes.KEPT_SECONDS


def test_the_thread_carries_them(carrier):
    carrier.ensure()
    carrier.ensure()
    metrics.cache_requests.labels("redis", "hit").inc(2)
    ends = time.monotonic() + 30
    while whole(("cache", "redis", "hit")) < 2 and time.monotonic() < ends:
        time.sleep(0.05)
    assert whole(("cache", "redis", "hit")) == 2


def test_a_dead_redis_loses_the_counts_and_nothing_else(killable, carrier):
    carrier.ensure()
    killable.kill()
    metrics.cache_requests.labels("memory", "hit").inc(7)
    carrier.flush()
    with pytest.raises(redis.RedisError):
        minutes.last(5)
    killable.start()
    stores.cache.reset()
    metrics.cache_requests.labels("memory", "hit").inc(2)
    carrier.flush()
    assert whole(("cache", "memory", "hit")) == 2
