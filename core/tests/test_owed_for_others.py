"""What a process owed to the cache's Redis and took with it, and who tells it in its place."""

import pytest

from core import owed, stores
from core.cache import tiers
from core.redis_tier import _MARK
from ops.tasks import settle_cache


@pytest.fixture
def cache(own_valkey, settings):
    """The cache on a Redis that may be unreachable, the broker on another."""
    settings.REDIS_URL = own_valkey.url
    stores.cache.reset()
    stores.broker.client.flushdb()
    tiers.cache_clear()
    yield own_valkey
    tiers().subscriber.stop()
    tiers.cache_clear()
    stores.cache.reset()


def held(cache, key):
    with cache.client() as client:
        return client.get(f"pilling:v1:{key}")


def changed_while_unreachable(cache, *keys):
    """By a process that ends before its debt is told."""
    tiers().subscriber.ensure = lambda: None
    tiers().set_many(dict.fromkeys(keys, b"old"), seconds=3_600)
    with cache.unreachable():
        assert tiers().delete_many(keys) is False
    stores.cache.reset()
    tiers().owed._reset()
    assert {held(cache, key) for key in keys} != {_MARK}


def test_a_minute_later_it_is_dropped_all_the_same(cache):
    changed_while_unreachable(cache, "card:1", "detail:1")
    settle_cache()
    assert (held(cache, "card:1"), held(cache, "detail:1")) == (_MARK, _MARK)
    assert owed.written_down() == []


def test_while_redis_is_away_it_stays_written_down(cache):
    changed_while_unreachable(cache, "card:1")
    with cache.unreachable():
        settle_cache()
    stores.cache.reset()
    assert owed.written_down() == ["card:1"]
    settle_cache()
    assert held(cache, "card:1") == _MARK


def test_who_lives_on_tells_it_and_crosses_it_off(cache):
    changed_while_unreachable(cache, "card:1")
    tiers().owed.add({"card:1": None})
    tiers().settle()
    assert held(cache, "card:1") == _MARK
    assert owed.written_down() == []


def test_everything_may_be_owed(cache):
    changed_while_unreachable(cache, "card:1", "card:2")
    owed.write_down([owed.ALL])
    settle_cache()
    assert {held(cache, "card:1"), held(cache, "card:2")} <= {None, _MARK}
    assert owed.written_down() == []


def test_with_the_broker_away_too_nothing_breaks(cache, settings):
    settings.CELERY_BROKER_REDIS_URL = "redis://127.0.0.1:1/0"
    stores.broker.reset()
    changed_while_unreachable(cache, "card:1")
    settle_cache()
