import multiprocessing
import threading
import time

import pytest

from core import breaker, stores
from core.errors import BreakerOpen, VendorRefused, VendorTimeout, VendorUnreachable

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture(autouse=True)
def _quick(settings):
    settings.BREAKER_FAILURES = 5
    settings.BREAKER_OPEN_SECONDS = 0.5


def fail(kind=VendorUnreachable):
    def fn():
        raise kind("v", "down")

    return fn


def fail_times(count, kind=VendorUnreachable):
    for _ in range(count):
        with pytest.raises(kind):
            breaker.call("v", fail(kind))


def test_opens_after_five_failures_in_a_row_and_asks_no_more():
    fail_times(4)
    assert breaker.call("v", lambda: "fine") == "fine"
    fail_times(5)
    assert breaker.state("v") == "open"
    asked = []
    with pytest.raises(BreakerOpen):
        breaker.call("v", lambda: asked.append(1))
    assert asked == []
    assert 1 <= breaker.retry_after("v") <= 1


def test_the_fifth_failure_is_told_as_itself():
    fail_times(5)


def test_closes_after_one_good_trial(settings):
    fail_times(5)
    time.sleep(0.6)
    assert breaker.call("v", lambda: 1) == 1
    assert breaker.state("v") == "closed"


def test_a_failed_trial_opens_again():
    fail_times(5)
    time.sleep(0.6)
    fail_times(1)
    with pytest.raises(BreakerOpen):
        breaker.call("v", lambda: 1)


def test_our_deadline_neither_opens_nor_forgives():
    fail_times(20, VendorTimeout)
    assert breaker.state("v") == "closed"
    fail_times(4)
    fail_times(1, VendorTimeout)
    fail_times(1)
    assert breaker.state("v") == "open"


def test_a_refusal_proves_the_vendor_alive():
    fail_times(4)
    fail_times(1, VendorRefused)
    fail_times(4)
    assert breaker.state("v") == "closed"


def test_our_own_bugs_do_not_count():
    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            breaker.call("v", lambda: 1 / 0)
    assert breaker.state("v") == "closed"


def test_vendors_are_apart():
    fail_times(5)
    assert breaker.call("w", lambda: 1) == 1


def test_calls_run_side_by_side():
    together = threading.Barrier(4, timeout=60)
    threads = [threading.Thread(target=breaker.call, args=("v", together.wait)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken


def test_one_trial_at_a_time_goes_through():
    fail_times(5)
    time.sleep(0.6)
    started, release, refused = threading.Event(), threading.Event(), []

    def trial():
        started.set()
        release.wait(60)

    thread = threading.Thread(target=breaker.call, args=("v", trial))
    thread.start()
    started.wait(60)
    for _ in range(5):
        try:
            breaker.call("v", lambda: None)
        except BreakerOpen:
            refused.append(1)
    release.set()
    thread.join()
    assert len(refused) == 5
    assert breaker.call("v", lambda: 7) == 7


def _in_child(results):
    outcome = []
    for _ in range(3):
        try:
            breaker.call("v", fail())
        except Exception as error:
            outcome.append(type(error).__name__)
    results.put(outcome)


def test_two_processes_share_one_count():
    fail_times(3)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_in_child, args=(results,))
    child.start()
    assert results.get(timeout=60) == ["VendorUnreachable", "VendorUnreachable", "BreakerOpen"]
    child.join()
    with pytest.raises(BreakerOpen):
        breaker.call("v", lambda: 1)


def test_an_operator_may_close_it():
    fail_times(5)
    breaker.close("v")
    assert breaker.call("v", lambda: 1) == 1


def test_without_redis_each_process_counts_for_itself(killable):
    fail_times(2)
    killable.kill()
    fail_times(3)
    with pytest.raises(BreakerOpen):
        breaker.call("v", lambda: 1)


def test_keys_expire_when_a_vendor_is_no_longer_called():
    fail_times(1)
    assert 0 < stores.broker.client.ttl("pilling:breaker:v") <= 86_400
