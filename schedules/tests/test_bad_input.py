"""Nonsense is refused with a problem in Korean, and nothing is half-saved."""

from datetime import timedelta

import pytest
from django.utils import timezone

from schedules.models import Plan, Schedule
from schedules.services import plans as services
from schedules.tests.conftest import today

pytestmark = pytest.mark.django_db


def refused(answer, status=400):
    assert answer.status_code == status, answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"
    assert any("가" <= char <= "힣" for char in answer.json()["detail"])
    return answer.json()


@pytest.mark.parametrize(
    "change",
    [
        {"ends_on": "2020-01-01"},
        {"starts_on": "0001-01-01"},
        {"starts_on": "9999-12-31"},
        {"starts_on": "2026-02-30"},
        {"starts_on": 20261126},
        {"ends_on": "9999-12-31"},
        {"times": []},
        {"times": ["24:00"]},
        {"times": ["8:00"]},
        {"times": ["08:00", "08:00"]},
        {"times": ["brunch+30"]},
        {"times": ["breakfast+999"]},
        {"times": [f"{n // 60:02d}:{n % 60:02d}" for n in range(25)]},
        {"times": ["08:00"] * 10_000},
        {"times": "08:00"},
        {"times": None},
        {"every": {"value": 0, "unit": "day"}},
        {"every": {"value": -1, "unit": "hour"}},
        {"every": {"value": 10**30, "unit": "hour"}},
        {"every": {"value": 1, "unit": "minute"}},
        {"every": {"value": 1}},
        {"every": {"value": 2, "unit": "day"}, "weekdays": ["mon"]},
        {"every": {"value": 8, "unit": "hour"}, "times": ["08:00", "12:00"]},
        {"weekdays": ["noday"]},
        {"weekdays": ["mon", "mon"]},
        {"weekdays": []},
        {"cycle": {"on_days": 0, "off_days": 7}},
        {"cycle": {"on_days": 21, "off_days": 7}, "weekdays": ["mon"]},
        {"doses": 0},
        {"doses": 10_001},
        {"time_zone": "Asia/Pyongyang2"},
        {"time_zone": "../../etc/passwd"},
        {"dose": {"amount": 0}},
        {"dose": {"amount": -1}},
        {"dose": {"amount": "NaN"}},
        {"dose": {"amount": 1, "unit": "가" * 11}},
        {"dose": 1},
        {"medicine_name": None},
        {"medicine_name": "   "},
        {"medicine_name": "가\0"},
        {"medicine_name": "가" * 201},
        {"item_seq": "'; drop table"},
        {"notes": "가" * 2_001},
        {"tags": ["없는 태그"]},
        {"stock": {"amount": -1}},
        {"stock": {"amount": 5, "warn_days": 0}},
        {"stock": {"amount": 5, "warn_time": "9시"}},
        {"as_needed": {"max_per_day": 3}},
        {"phases": [{"times": ["08:00"], "days": 3}]},
        {"times": None, "phases": []},
        {"times": None, "phases": [{"times": ["08:00"]}, {"times": ["08:00"]}]},
        {"times": None, "phases": [{"times": ["08:00"], "days": 1}] * 21},
        {"times": None, "as_needed": {"min_gap": -5}},
        {"times": None, "as_needed": {}, "doses": 3},
        {"ingredients": [{"name": "가", "mg": 0}]},
        {"user_id": "x"},
        {"version": 7},
    ],
)
def test_a_plan_that_cannot_be(phone, change):
    body = {"medicine_name": "가나정", "starts_on": today(phone.user).isoformat(), "times": ["08:00"]} | change
    body = {name: value for name, value in body.items() if value is not None}
    refused(phone.post("/plans", body))
    refused(phone.post("/plans/preview", body)) if "tags" not in change else None
    assert not Plan.objects.exists()
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b'{"times": ' + b"[" * 2_000])
def test_a_body_that_is_none(phone, body):
    refused(phone.post("/plans", body))


def test_a_patch_is_checked_as_the_plan_would_be(phone):
    plan = phone.plan(ends_on=(today(phone.user) + timedelta(days=9)).isoformat())
    url = f"/plans/{plan['id']}"
    before = phone.feed()["results"]
    for patch in ({"starts_on": (today(phone.user) + timedelta(days=10)).isoformat()}, {"times": None},
                  {"medicine_name": None}, {"every": {"value": 0, "unit": "day"}}, [], {"x": 1}):  # fmt: skip
        refused(phone.patch(url, patch))
    assert phone.feed()["results"] == before
    assert phone.get(url).json()["version"] == 1


def test_work_is_bounded(phone, monkeypatch):
    """100 plans of ten years each may be made, each of at most 24 doses a day, 200 in all; never the 101st."""
    monkeypatch.setattr(services, "MAX_PLANS", 3)
    far = (today(phone.user) + timedelta(days=3_650)).isoformat()
    for _ in range(3):
        phone.plan(ends_on=far)
    body = {"medicine_name": "가나정", "starts_on": today(phone.user).isoformat(), "times": ["08:00"]}
    refused(phone.post("/plans", body), 409)
    assert Schedule.objects.count() <= 3 * 32
    monkeypatch.setattr(services, "MAX_PLANS", 100)
    monkeypatch.setattr(services, "MAX_DOSES_A_DAY", 26)
    refused(
        phone.post("/plans", body | {"times": None, "every": {"value": 1, "unit": "hour"}} | {"times": ["08:00"]}), 409
    )
    assert Plan.objects.count() == 3


@pytest.mark.parametrize(
    "body",
    [{}, {"medicine_name": "가"}, {"scheduled_time": "2026-11-26T08:00:00+09:00"},
     {"medicine_name": "가", "scheduled_time": "0001-01-01T00:00:00Z"},
     {"medicine_name": "가", "scheduled_time": "9999-12-31T23:59:59Z"},
     {"medicine_name": "가", "scheduled_time": "soon"},
     {"medicine_name": "가", "completed_at": f"{timezone.now():%Y-%m-%dT%H:%M:%S}"},
     {"medicine_name": "가", "completed_at": "2020-01-01T00:00:00Z"}, {"plan_id": "x", "completed_at": "2026-11-26"},
     {"medicine_name": "가", "completed_at": "2026-11-26T08:00:00Z", "dose": {"amount": 0}}],
)  # fmt: skip
def test_an_intake_that_cannot_be(phone, body):
    refused(phone.post("/schedules", body))
    assert not Schedule.objects.exists()


def test_an_intake_of_anothers_plan_is_404(phone, stranger):
    plan = stranger.plan()
    body = {"plan_id": plan["id"], "completed_at": timezone.now().isoformat()}
    refused(phone.post("/schedules", body), 404)


@pytest.mark.parametrize(
    "at",
    [
        "x",
        "2026-11-26",
        f"{timezone.now():%Y-%m-%dT%H:%M:%S}",
        5,
        {},
        [],
        "9999-12-31T23:59:59+00:00",
        "0001-01-01T00:00:00+00:00",
    ],
)
def test_a_tick_at_no_time(phone, at):
    phone.plan(times=["00:00", "23:59"])
    dose = phone.feed()["results"][0]["id"]
    for verb in ("complete", "skip"):
        refused(phone.post(f"/schedules/{dose}/{verb}", {"at": at}))


@pytest.mark.parametrize("amount", [0, -1, "x", None, 10**9])
def test_a_refill_of_nothing(phone, amount):
    plan = phone.plan(stock={"amount": 1})
    answer = phone.post(f"/plans/{plan['id']}/refill", {"amount": amount})
    assert answer.status_code in (400, 409)
    assert phone.get(f"/plans/{plan['id']}").json()["stock"]["amount"] == 1


def test_nobody_is_told_so_whatever_the_key(client, phone):
    """A key that somebody without a login used elsewhere must not answer 422 here."""
    key = {"HTTP_IDEMPOTENCY_KEY": "used-elsewhere", "content_type": "application/json"}
    client.post("/api/v1/auth/refresh", "{}", **key)
    for path in ("/plans", "/tags", "/scraps", "/devices"):
        assert client.post("/api/v1" + path, '{"name": "가"}', **key).status_code == 401
