import threading
import time

import pytest

from core import locks, stores
from core.locks import acquire, lease, release, renew, single_flight


def run_together(count, target):
    results = []
    threads = [threading.Thread(target=lambda: results.append(target())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_lease_has_one_holder():
    with lease("nightly", seconds=60) as mine, lease("nightly", seconds=60) as theirs:
        assert (mine, theirs) == (True, False)
    with lease("nightly", seconds=60) as again:
        assert again


def test_a_dead_holders_lease_runs_out():
    assert acquire("k", seconds=0.1)
    time.sleep(0.15)
    assert acquire("k", seconds=60)


def test_work_that_begins_anew_takes_up_its_own_lease():
    """A task whose process died is delivered again under the same id; another task still has to wait."""
    assert acquire("k", seconds=60, holder="task-1")
    assert acquire("k", seconds=60, holder="task-1")
    assert acquire("k", seconds=60, holder="task-2") is None
    assert acquire("k", seconds=60) is None
    release("k", "task-1")
    assert acquire("k", seconds=60, holder="task-2")


def test_a_late_holder_does_not_release_anothers_lease():
    late = acquire("k", seconds=0.05)
    time.sleep(0.1)
    acquire("k", seconds=60)
    release("k", late)
    assert acquire("k", seconds=60) is None


def test_a_lease_that_is_renewed_does_not_run_out():
    token = acquire("k", seconds=1)
    for _ in range(4):
        time.sleep(0.3)
        assert renew("k", token, seconds=1)
    assert acquire("k", seconds=60) is None


def test_a_lease_that_is_anothers_by_now_is_not_renewed():
    late = acquire("k", seconds=0.05)
    time.sleep(0.1)
    assert acquire("k", seconds=60)
    assert not renew("k", late, seconds=60)


def test_without_redis_a_lease_is_renewed_in_this_process(killable):
    killable.kill()
    token = acquire("k", seconds=1)
    time.sleep(0.3)
    assert renew("k", token, seconds=60)
    time.sleep(0.8)
    assert acquire("k", seconds=60) is None


def test_without_redis_a_lease_holds_in_this_process(killable):
    killable.kill()
    with lease("k", seconds=60) as mine, lease("k", seconds=60) as theirs:
        assert (mine, theirs) == (True, False)
    with lease("k", seconds=60) as again:
        assert again


def test_of_two_hundred_callers_one_computes():
    calls, stored = [], {}

    def compute():
        calls.append(1)
        time.sleep(0.2)
        return stored.setdefault("q", "found")

    def fly():
        return single_flight("q", compute=compute, poll=lambda: stored.get("q"), timeout=60, wait=60)

    flights = run_together(200, fly)
    assert len(calls) == 1
    assert {flight.value for flight in flights} == {"found"}
    assert sorted({flight.how for flight in flights}) == ["computed", "shared"]


def test_another_processs_result_is_taken_from_the_store():
    stores.broker.client.set("pilling:lock:q", "another", px=5000)
    stored = iter([None, None, "theirs"])
    flight = single_flight("q", compute=pytest.fail, poll=lambda: next(stored), timeout=60, wait=60)
    assert (flight.how, flight.value) == ("shared", "theirs")


def test_waiting_ends_at_the_callers_deadline():
    stores.broker.client.set("pilling:lock:q", "another", px=5000)
    flight = single_flight("q", compute=pytest.fail, poll=lambda: None, timeout=5, wait=0.1)
    assert flight.how == "timed_out"


def test_a_dead_holder_is_replaced():
    stores.broker.client.set("pilling:lock:q", "dead", px=100)
    flight = single_flight("q", compute=lambda: 7, poll=lambda: None, timeout=60, wait=60)
    assert (flight.how, flight.value) == ("computed", 7)


def test_a_failure_is_shared_and_not_repeated_by_those_who_waited():
    calls, raised = [], []

    def compute():
        calls.append(1)
        time.sleep(0.1)
        raise ValueError("source down")

    def fly():
        try:
            return single_flight("q", compute=compute, poll=lambda: None, timeout=60, wait=60).how
        except ValueError:
            raised.append(1)
            return "raised"

    hows = run_together(50, fly)
    assert (len(calls), len(raised), hows.count("failed")) == (1, 1, 49)
    # Another process, a moment later, reads the failure instead of asking again.
    assert single_flight("q", compute=pytest.fail, poll=lambda: None, timeout=5, wait=1).how == "failed"


def test_without_redis_one_computes_per_process(killable):
    killable.kill()
    calls = []

    def compute():
        calls.append(1)
        time.sleep(0.2)
        return 1

    run_together(50, lambda: single_flight("q", compute=compute, poll=lambda: None, timeout=60, wait=60))
    assert len(calls) == 1


def test_nothing_is_left_behind():
    single_flight("q", compute=lambda: 1, poll=lambda: None, timeout=60, wait=60)
    assert locks._flights == {}
    assert 0 < stores.broker.client.pttl("pilling:lock:q") <= 1500
