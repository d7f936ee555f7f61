"""Whole answers in Redis: seen by every process, and by none once anything they are made of was dropped."""

import pytest

from core import composed, stores
from core.composed import SharedComposed
from core.redis_tier import EPOCH
from core.tests.test_cache import listening, make_tiers


@pytest.fixture
def settled(monkeypatch):
    """Epochs count as old at once."""
    monkeypatch.setattr(composed, "REFUSE_SECONDS", -1.0)


def process(tiers=None):
    """What one process has, which has heard of an epoch."""
    shared = SharedComposed(tiers or listening())
    shared.get("nothing")
    return shared


@pytest.fixture(autouse=True)
def _epoch(_empty_cache):
    make_tiers().shared.begin_epoch()


def keep(shared, value=b"whole"):
    held, since = shared.get("answer")
    assert held is None
    shared.put("answer", value, since=since)


def test_what_one_process_puts_every_process_gets(settled):
    keep(process())
    assert process().get("answer")[0] == b"whole"


def test_one_round_trip(settled):
    one = process()
    keep(one)
    stores.cache.client.config_resetstat()
    one.get("answer")
    asked = stores.cache.client.info("commandstats")
    assert {name: stats["calls"] for name, stats in asked.items() if "config" not in name and "info" not in name} == {
        "cmdstat_mget": 1
    }


@pytest.mark.parametrize("drop", [
    lambda tiers: tiers.delete_many(["some card"]),
    lambda tiers: tiers.announce({"mark": b"1"}, seconds=60),
    lambda tiers: tiers.renew("mark", lambda: b"1", seconds=60),
    lambda tiers: tiers.clear_memory(),
], ids=["a drop", "a new value", "a mark", "all"])  # fmt: skip
def test_any_drop_ends_it_for_everybody(settled, drop):
    one, other = process(), process()
    keep(one)
    drop(listening())
    assert one.get("answer")[0] is other.get("answer")[0] is None


def test_a_process_that_has_just_heard_of_an_epoch_puts_nothing(settled, monkeypatch):
    one = process()
    keep(one)
    listening().delete_many(["some card"])
    monkeypatch.undo()
    keep(one, b"perhaps from before the drop")
    assert one.get("answer")[0] is None


def test_what_was_read_before_a_drop_is_not_put_after_it(settled):
    one = process()
    _, since = one.get("answer")
    listening().delete_many(["some card"])
    one.get("another")
    one.put("answer", b"old", since=since)
    assert process().get("answer")[0] is None


def test_a_drop_in_this_process_between_get_and_put_counts(settled):
    tiers = listening()
    one = process(tiers)
    _, since = one.get("answer")
    tiers.memory.drop_many(["a card"])
    one.put("answer", b"old", since=since)
    assert one.get("answer")[0] is None


def test_who_does_not_hear_of_drops_puts_nothing(settled):
    one = process(make_tiers())
    keep(one)
    assert one.get("answer")[0] is None


def test_an_emptied_redis_has_another_epoch(settled):
    one = process()
    before = listening().shared.get_many((EPOCH,))
    stores.cache.client.flushdb()
    keep(one)  # where no epoch is known, the first one is only begun
    assert one.get("answer")[0] is None
    assert listening().shared.get_many((EPOCH,)) not in (before, {})
    keep(one)
    assert one.get("answer")[0] == b"whole"


def test_it_ends_by_itself(settled):
    one = process()
    keep(one)
    (name,) = stores.cache.client.keys("*answer")
    assert 0 < stores.cache.client.ttl(name) <= composed.SHARED_SECONDS * 1.1 + 1


def test_without_redis_there_is_nothing(settled, killable):
    one = process()
    killable.kill()
    held, since = one.get("answer")
    one.put("answer", b"whole", since=since)
    assert held is None
