import multiprocessing
import sys
import time

import pytest
from prometheus_client import REGISTRY

from core import owed, stores
from core.cache import TwoTier
from core.memory_tier import MAX_SECONDS, MemoryTier
from core.redis_tier import _MARK, RedisTier

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def make_tiers(**memory):
    sizes = {"max_entries": 100, "max_bytes": 100_000, "seconds": 30.0} | memory
    return TwoTier(MemoryTier(**sizes), RedisTier(prefix="pilling:v1:", stale_seconds=60))


def listening(**memory):
    """Tiers whose subscriber has connected, which empties the memory once."""
    made = make_tiers(**memory)
    made.subscriber.ensure()
    assert made.subscriber.connected.wait(60)
    return made


@pytest.fixture
def tiers():
    return listening()


def wait_for(condition):
    for _ in range(300):
        if condition():
            return True
        time.sleep(0.02)
    return False


def counted(tier, outcome):
    return REGISTRY.get_sample_value("cache_requests_total", {"tier": tier, "outcome": outcome}) or 0


def test_memory_then_redis_then_nothing(tiers):
    tiers.set_many({"a": b"1"}, seconds=60)
    other = listening()
    assert tiers.get_many(["a", "z"]) == ({"a": b"1"}, {"a": "memory"})
    assert other.get("a") == (b"1", "redis")
    assert other.get("a") == (b"1", "memory")
    assert other.get("z") is None


def test_lookups_are_counted_per_tier(tiers):
    tiers.set_many({"a": b"1"}, seconds=60)
    before = [counted("memory", "hit"), counted("memory", "miss"), counted("redis", "miss")]
    tiers.get_many(["a", "b", "c"])
    after = [counted("memory", "hit"), counted("memory", "miss"), counted("redis", "miss")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 2, 2]


def test_many_keys_cost_one_round_trip(tiers):
    before = stores.cache.client.info("commandstats")["cmdstat_mget"]["calls"] if tiers.get_many(["x", "y"]) else 0
    tiers.get_many([f"k{n}" for n in range(50)])
    assert stores.cache.client.info("commandstats")["cmdstat_mget"]["calls"] == before + 1


def test_memory_is_bounded_by_entries_and_drops_the_least_used():
    memory = MemoryTier(max_entries=3, max_bytes=10**6, seconds=30)
    memory.set_many({"a": b"", "b": b"", "c": b""})
    memory.get_many(["a"])
    memory.set_many({"d": b""})
    assert set(memory.get_many("abcd")) == {"a", "c", "d"}


def test_memory_is_bounded_by_bytes():
    memory = MemoryTier(max_entries=1000, max_bytes=10_000, seconds=30)
    memory.set_many({str(n): b"x" * 1000 for n in range(50)})
    assert 0 < memory.used_bytes <= 10_000
    memory.set_many({"huge": b"x" * 20_000})
    assert memory.get_many(["huge"]) == {}
    memory.clear()
    assert (len(memory), memory.used_bytes) == (0, 0)


def test_memory_lives_half_a_minute_at_most():
    assert MemoryTier(max_entries=1, max_bytes=1, seconds=3600).seconds == MAX_SECONDS == 30
    memory = MemoryTier(max_entries=9, max_bytes=9999, seconds=0.05)
    memory.set_many({"a": b"1"})
    time.sleep(0.1)
    assert memory.get_many(["a"]) == {}


def test_a_deletion_reaches_both_tiers_and_cannot_be_undone_by_a_late_reader(tiers):
    tiers.set_many({"a": b"old"}, seconds=60)
    assert tiers.delete_many(["a"])
    # A reader that had the old row in hand fills the tiers after the deletion.
    tiers.set_many({"a": b"old"}, seconds=60)
    assert tiers.get("a") is None
    assert make_tiers().get("a") is None
    assert tiers.get_stale_many(["a"]) == {}


def test_past_its_time_a_value_is_stale_not_lost():
    tiers = make_tiers(seconds=0)
    tiers.set_many({"a": b"1"}, seconds=0.5)
    time.sleep(1.1)
    assert tiers.get("a") is None
    assert tiers.get_stale_many(["a", "b"]) == {"a": b"1"}


def test_lifetimes_are_jittered(tiers):
    tiers.set_many({"a": b"1"}, seconds=1000)
    lives = set()
    for n in range(20):
        tiers.set_many({f"k{n}": b"1"}, seconds=1000)
        lives.add(stores.cache.client.ttl(f"pilling:v1:k{n}"))
    assert len(lives) > 3
    assert all(900 + 60 - 2 <= life <= 1100 + 60 for life in lives)


def test_bytes_come_back_as_they_went(tiers):
    values = {"k": "타이레놀".encode(), "z": b"", "n": bytes(range(256))}
    tiers.set_many(values, seconds=60)
    assert make_tiers().get_many(list(values))[0] == values


def _child(commands, answers):
    tiers = make_tiers()
    while True:
        command, key = commands.get()
        if command == "get":
            answers.put(tiers.get(key))
        elif command == "delete":
            answers.put(tiers.delete_many([key]))
        else:
            return


@pytest.fixture
def neighbour():
    """Another process with tiers of its own."""
    context = multiprocessing.get_context("fork")
    commands, answers = context.Queue(), context.Queue()
    child = context.Process(target=_child, args=(commands, answers))
    child.start()

    def ask(command, key):
        commands.put((command, key))
        return answers.get(timeout=60)

    yield ask
    commands.put(("end", ""))
    child.join(60)


def test_a_deletion_reaches_another_processs_memory(tiers, neighbour):
    tiers.set_many({"a": b"1"}, seconds=60)
    tiers.get("a")
    assert tiers.subscriber.connected.wait(60)
    # A subscriber that has just connected starts with an empty memory; from now on the value stays.
    assert [tiers.get("a")[1], tiers.get("a")[1]][1] == "memory"
    assert neighbour("delete", "a")
    assert wait_for(lambda: not tiers.memory.get_many(["a"]))


def test_and_the_other_way_round(tiers, neighbour):
    tiers.set_many({"a": b"1", "b": b"2"}, seconds=60)
    # The neighbour's subscriber clears its memory once it listens, so wait until a value stays.
    assert wait_for(lambda: neighbour("get", "a")[1] == "memory" and not time.sleep(0.1))
    tiers.delete_many(["a"])
    assert wait_for(lambda: neighbour("get", "a") is None)


def test_redis_killed_and_back(killable, tiers):
    tiers.set_many({"a": b"1"}, seconds=60)
    tiers.get_many(["a"])
    assert tiers.subscriber.connected.wait(60)
    tiers.set_many({"a": b"1"}, seconds=60)
    failures = REGISTRY.get_sample_value("cache_failures_total", {"tier": "redis"}) or 0
    killable.kill()
    assert wait_for(lambda: not tiers.subscriber.connected.is_set())
    assert tiers.get("nothing") is None
    tiers.set_many({"b": b"2"}, seconds=60)
    assert tiers.get("b") == (b"2", "memory")
    assert tiers.delete_many(["b"]) is False
    assert REGISTRY.get_sample_value("cache_failures_total", {"tier": "redis"}) > failures
    killable.start()
    assert tiers.subscriber.connected.wait(60)
    # What was missed meanwhile is unknown, so the memory starts empty.
    assert tiers.memory.get_many(["b"]) == {}


@pytest.fixture
def held(killable):
    """What that Redis has under our keys, as it says itself."""
    with killable.client() as client:
        yield lambda key: client.get(f"pilling:v1:{key}")


def test_a_drop_that_redis_did_not_take_is_made_when_it_answers(killable, held, tiers):
    other = listening()
    tiers.set_many({"a": b"old"}, seconds=600)
    assert other.get("a") == (b"old", "redis")
    tiers.shared.begin_epoch()
    epoch = held("epoch")
    with killable.unreachable():
        assert tiers.delete_many(["a"]) is False
    assert wait_for(lambda: held("a") == _MARK and held("epoch") != epoch)
    assert wait_for(lambda: not other.memory.get_many(["a"]))


def test_so_is_one_that_was_made_while_redis_is_gone_for_long(killable, held, tiers):
    killable.kill()
    assert tiers.delete_many(["a"]) is False
    killable.start()
    assert wait_for(lambda: held("a") == _MARK)


def test_an_announced_value_that_redis_did_not_take_is_dropped(killable, held, tiers):
    tiers.set_many({"list": b"old"}, seconds=600)
    with killable.unreachable():
        tiers.announce({"list": b"new"}, seconds=600)
    assert wait_for(lambda: held("list") == _MARK)


def test_a_mark_that_redis_did_not_take_is_put_as_of_the_moment_when_it_does(killable, held, tiers):
    clock = [b"when it was refused"]
    with killable.unreachable():
        tiers.renew("changed", lambda: clock[-1], seconds=600)
        clock.append(b"later")
    assert wait_for(lambda: held("changed"))
    assert held("changed")[8:] == b"later"


def test_more_than_can_be_remembered_is_everything_but_not_what_is_not_ours(killable, held, tiers, monkeypatch):
    monkeypatch.setattr(owed, "MAX_KEYS", 3)
    tiers.set_many({f"k{number}": b"old" for number in range(1_200)}, seconds=600)
    with killable.client() as client:
        client.set("pilling:throttle", "1")
    with killable.unreachable():
        tiers.renew("changed", lambda: b"now", seconds=600)
        tiers.delete_many(["k1", "k2", "k3", "k4"])
    assert wait_for(lambda: held("changed") and held("epoch"))
    with killable.client() as client:
        assert set(client.keys()) == {b"pilling:v1:changed", b"pilling:v1:epoch", b"pilling:throttle"}


def test_what_is_owed_is_told_in_one_process_alone(killable):
    tiers = make_tiers()
    killable.kill()
    tiers.delete_many(["a"])
    child = multiprocessing.get_context("fork").Process(target=lambda: sys.exit(len(tiers.owed.take())))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert tiers.owed.take() == {"a": None}


def test_a_dead_redis_is_not_asked_again_for_a_second(killable, tiers):
    killable.kill()
    tiers.get_many(["a"])
    asked = []
    for _ in range(10):
        with pytest.raises(stores.StoreDown):
            stores.cache.run(asked.append)
    assert asked == []


@pytest.mark.parametrize("garbage", [b"", b"{}", b"null", b"\xff\xfe not what was put there", b"\0" * 8 + b"x"])
def test_garbage_in_redis_is_a_miss(tiers, garbage):
    tiers.set_many({"poisoned": b"good"}, seconds=60)
    stores.cache.client.set("pilling:v1:poisoned", garbage)
    assert tiers.shared.get_many(["poisoned"]) == {}
    assert tiers.shared.peek("poisoned") is None
    tiers.set_many({"poisoned": b"again"}, seconds=60)
    assert tiers.shared.get_many(["poisoned"]) == {"poisoned": b"again"}
