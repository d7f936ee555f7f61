"""The page of the circuit breakers, over a real Valkey."""

import multiprocessing
from datetime import timedelta

import pytest
from django.utils import timezone

from core import breaker, stores
from core.errors import VendorUnreachable
from core.tests.conftest import OwnValkey
from ops.tests.audit import deeds

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
PAGE = "/admin/ops/circuitbreaker/"
RESET = PAGE + "datagokr/reset/"


@pytest.fixture(autouse=True)
def _fresh():
    stores.broker.client.flushdb()
    breaker.forget()
    yield
    stores.broker.reset()
    breaker.forget()


def fail(times=5):
    def broken():
        raise VendorUnreachable("datagokr", "down")

    for _ in range(times):
        with pytest.raises(VendorUnreachable):
            breaker.call("datagokr", broken)


def page(browser):
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_vendor_is_listed_also_before_its_first_call(staff):
    text = page(staff("view_circuitbreaker"))
    assert text.count("닫힘: 정상") == 2
    assert "datagokr" in text
    assert "openai" in text


def test_an_open_one_says_since_when_and_how_often(staff):
    fail()
    (seen,) = [each for each in breaker.seen() if each.vendor == "datagokr"]
    assert (seen.state, seen.failures, seen.shared) == ("open", 5, True)
    assert timezone.now() - seen.since < timedelta(minutes=1)
    assert 0 < seen.trial_in <= 60
    text = page(staff("view_circuitbreaker"))
    assert "열림: 호출을 멈췄습니다" in text
    assert timezone.localtime(seen.since).strftime("%Y-%m-%d %H:%M:%S") in text
    assert "<td>5</td>" in text


def test_the_state_begins_anew_only_when_it_changes():
    fail()
    began = breaker.seen()[0].since
    breaker._circuit("datagokr")._state_storage.state = "open"
    assert breaker.seen()[0].since == began
    breaker.close("datagokr")
    assert breaker.seen()[0].since > began


def test_reset_is_asked_for_first_and_then_done_and_written_down(staff):
    operator = staff("view_circuitbreaker", "change_circuitbreaker")
    fail()
    assert RESET in page(operator)
    asked = operator.get(RESET)
    assert "다시 잇기" in asked.content.decode()
    assert breaker.state("datagokr") == "open"
    assert not deeds().exists()
    done = operator.post(RESET, follow=True)
    assert "다시 이었습니다" in done.content.decode()
    assert breaker.state("datagokr") == "closed"
    event = deeds().get()
    assert (event.action, event.target, event.details) == (
        "breaker.reset", "datagokr", {"state": "open", "failures": 5},
    )  # fmt: skip
    assert event.actor


def _state_in_child(results):
    results.put((breaker.state("datagokr"), breaker.call("datagokr", lambda: "through")))


def test_another_process_calls_again_after_a_reset(staff):
    fail()
    staff("change_circuitbreaker").post(RESET)
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_state_in_child, args=(results,))
    child.start()
    assert results.get(timeout=60) == ("closed", "through")
    child.join()


@pytest.mark.parametrize("permissions", [(), ("view_circuitbreaker",)])
def test_without_the_permission_nothing_is_reset(staff, permissions):
    fail()
    browser = staff(*permissions)
    assert browser.get(PAGE).status_code == (200 if permissions else 403)
    assert browser.post(RESET).status_code == 403
    assert browser.get(RESET).status_code == 403
    assert breaker.state("datagokr") == "open"
    if permissions:
        assert RESET not in page(browser)


def test_others_are_sent_to_the_login(client, staff):
    for browser in (client, staff("view_circuitbreaker", "change_circuitbreaker", is_staff=False)):
        assert browser.get(PAGE)["Location"].startswith("/admin/login/")
        assert browser.post(RESET).status_code == 302


def test_a_forged_reset_is_refused(staff):
    fail()
    operator = staff("change_circuitbreaker")
    operator.handler.enforce_csrf_checks = True
    assert operator.post(RESET).status_code == 403
    assert breaker.state("datagokr") == "open"


@pytest.mark.parametrize("method", ["put", "delete"])
def test_other_methods_are_not_allowed(staff, method):
    assert getattr(staff("change_circuitbreaker"), method)(RESET).status_code == 405


def test_an_unknown_vendor_is_404(staff):
    assert staff("change_circuitbreaker").post(PAGE + "nobody/reset/").status_code == 404


def test_without_redis_the_page_says_so_and_resets_nothing(staff, settings, tmp_path_factory):
    operator = staff("view_circuitbreaker", "change_circuitbreaker")
    valkey = OwnValkey(tmp_path_factory.mktemp("vk"))
    valkey.start()
    settings.CELERY_BROKER_REDIS_URL = valkey.url
    stores.broker.reset()
    fail()
    valkey.kill()
    assert "브로커 Redis가 응답하지 않습니다" in page(operator)
    assert "아무것도 바꾸지 않았습니다" in operator.post(RESET, follow=True).content.decode()
    assert breaker.seen()[0].state == "open"
    assert not deeds().exists()
