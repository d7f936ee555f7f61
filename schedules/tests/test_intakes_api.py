"""Intakes over HTTP: ticked, skipped, undone, written down late."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from schedules.models import Schedule
from schedules.selectors import feed
from schedules.services import intakes
from schedules.tests.conftest import Phone, local_clock, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def dose(phone):
    """One that is due in an hour."""
    phone.plan(times=[local_clock(phone.user, hours=1)])
    return phone.feed()["results"][0]


def test_complete_skip_undo(phone, dose):
    url = f"/schedules/{dose['id']}"
    done = phone.post(url + "/complete").json()
    assert (done["completed"], done["status"]) == (True, "taken")
    undone = phone.post(url + "/undo").json()
    assert (undone["completed"], undone["completed_at"], undone["status"]) == (False, None, "planned")
    assert phone.post(url + "/skip").json()["status"] == "skipped"
    assert phone.get(url).json()["status"] == "skipped"


def test_of_two_phones_the_first_wins(phone, dose):
    url = f"/schedules/{dose['id']}"
    early = (timezone.now() - timedelta(minutes=20)).isoformat()
    first = phone.post(url + "/complete", {"at": early})
    second = phone.post(url + "/complete")
    third = phone.post(url + "/skip")
    assert first.status_code == second.status_code == third.status_code == 200
    assert first.json() == second.json() == third.json()


def test_undoing_twice_changes_nothing_more(phone, dose):
    url = f"/schedules/{dose['id']}"
    phone.post(url + "/complete")
    first = phone.post(url + "/undo").json()
    assert phone.post(url + "/undo").json() == first


def test_undoing_what_was_never_done_is_a_conflict(phone, dose):
    answer = phone.post(f"/schedules/{dose['id']}/undo")
    assert answer.status_code == 409
    assert "되돌릴" in answer.json()["detail"]


@pytest.mark.parametrize(("shift", "code"), [({"days": 1}, "future"), ({"days": -2}, "too_early")])
def test_a_clock_that_is_wrong_by_a_day_is_told(phone, dose, shift, code):
    answer = phone.post(f"/schedules/{dose['id']}/complete", {"at": (timezone.now() + timedelta(**shift)).isoformat()})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == code
    assert not Schedule.objects.get(pk=dose["id"]).completed


def test_a_clock_that_is_a_day_behind_is_told_after_the_time_too(phone, dose):
    Schedule.objects.filter(pk=dose["id"]).update(scheduled_time=timezone.now() - timedelta(hours=1))
    url = f"/schedules/{dose['id']}"
    a_day_behind = (timezone.now() - timedelta(days=1)).isoformat()
    assert phone.post(url + "/complete", {"at": a_day_behind}).json()["errors"][0]["code"] == "too_early"
    phone.post(url + "/complete")
    answer = phone.patch(url, {"completed_at": a_day_behind})
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("completed_at", "too_early")]
    assert phone.get(url).json()["completed_at"] > a_day_behind


def test_missed_is_derived_and_a_late_tick_mends_it(phone, dose):
    Schedule.objects.filter(pk=dose["id"]).update(scheduled_time=timezone.now() - timedelta(minutes=50))
    assert phone.get(f"/schedules/{dose['id']}").json()["status"] == "planned"
    Schedule.objects.filter(pk=dose["id"]).update(scheduled_time=timezone.now() - timedelta(minutes=70))
    assert phone.get(f"/schedules/{dose['id']}").json()["status"] == "missed"
    assert phone.post(f"/schedules/{dose['id']}/complete").json()["status"] == "taken"


def test_at_another_time_afterwards(phone, dose):
    url = f"/schedules/{dose['id']}"
    assert phone.patch(url, {"completed_at": timezone.now().isoformat()}).status_code == 409
    phone.post(url + "/complete")
    earlier = (timezone.now() - timedelta(hours=1)).replace(microsecond=0)
    changed = phone.patch(url, {"completed_at": earlier.isoformat(), "notes": "물 없이"}).json()
    assert changed["completed_at"][:19] == earlier.isoformat()[:19]
    assert changed["notes"] == "물 없이"


def test_a_late_entry_by_hand(phone):
    at = (timezone.now() - timedelta(hours=5)).isoformat()
    made = phone.post("/schedules", {"medicine_name": "다라정", "completed_at": at, "dose": {"amount": 2}})
    assert made.status_code == 201
    assert made.json()["status"] == "taken"
    assert made.json()["dose"] == {"amount": 2, "unit": "정"}
    assert phone.delete(f"/schedules/{made.json()['id']}").status_code == 204
    assert phone.get(f"/schedules/{made.json()['id']}").status_code == 404


def test_a_plans_own_dose_cannot_be_deleted(phone, dose):
    assert phone.delete(f"/schedules/{dose['id']}").status_code == 409


def test_if_match(phone, dose):
    url = f"/schedules/{dose['id']}"
    seen = phone.get(url)["ETag"]
    assert phone.patch(url, {"notes": "가"}, HTTP_IF_MATCH=seen).status_code == 200
    assert phone.patch(url, {"notes": "나"}, HTTP_IF_MATCH=seen).status_code == 412
    assert phone.get(url).json()["notes"] == "가"


def test_time_alone_makes_a_kept_intake_stale(phone, dose, monkeypatch):
    url = f"/schedules/{dose['id']}"
    Schedule.objects.filter(pk=dose["id"]).update(scheduled_time=timezone.now() - timedelta(minutes=30))
    seen = phone.get(url)["ETag"]
    assert phone.get(url, HTTP_IF_NONE_MATCH=seen).status_code == 304
    monkeypatch.setattr(feed, "GRACE", timedelta(minutes=20))  # as if an hour had gone by
    fresh = phone.get(url, HTTP_IF_NONE_MATCH=seen)
    assert (fresh.status_code, fresh.json()["status"]) == (200, "missed")
    assert phone.patch(url, {"notes": "가"}, HTTP_IF_MATCH=seen).status_code == 200
    assert phone.patch(url, {"notes": "나"}, HTTP_IF_MATCH=seen).status_code == 412
    assert phone.patch(url, {"notes": "나"}, HTTP_IF_MATCH="*").status_code == 200


def test_a_repeated_post_writes_one_dose(phone):
    body = {"medicine_name": "다라정", "completed_at": timezone.now().isoformat()}
    answers = [phone.post("/schedules", body, HTTP_IDEMPOTENCY_KEY="abc") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Schedule.objects.count() == 1


def test_others_intakes_do_not_exist(phone, stranger, dose):
    url = f"/schedules/{dose['id']}"
    answers = [stranger.post(f"{url}/{verb}") for verb in ("complete", "skip", "undo")]
    answers += [stranger.get(url), stranger.patch(url, {"notes": ""}), stranger.delete(url)]
    answers += [stranger.get(f"/schedules/{uuid4()}"), stranger.get("/schedules/abc")]
    assert {answer.status_code for answer in answers} == {404}
    assert stranger.feed()["results"] == []


def test_today_is_the_persons_own(phone):
    phone.plan(times=["00:00", "23:59"], starts_on="2026-01-01")
    shown = phone.get("/schedules/today").json()
    assert shown["time_zone"] == "Asia/Seoul"
    assert {row["scheduled_time"][11:16] for row in shown["results"]} <= {"15:00", "14:59"}
    assert len(shown["results"]) == 1


def test_stock_counts_down_and_back(phone):
    plan = phone.plan(times=[local_clock(phone.user, hours=1)], dose={"amount": 2}, stock={"amount": 10})
    dose = phone.feed()["results"][0]["id"]

    def left():
        return phone.get(f"/plans/{plan['id']}").json()["stock"]["amount"]

    phone.post(f"/schedules/{dose}/complete")
    phone.post(f"/schedules/{dose}/complete")
    assert left() == 8
    phone.post(f"/schedules/{dose}/undo")
    assert left() == 10
    phone.post(f"/schedules/{dose}/skip")
    assert left() == 10
    assert phone.post(f"/plans/{plan['id']}/refill", {"amount": 30}).json()["stock"]["amount"] == 40


def test_an_empty_stock_gets_back_what_was_taken_and_no_more(phone):
    plan = phone.plan(times=[local_clock(phone.user, hours=1)], dose={"amount": 3}, stock={"amount": 1})
    dose = phone.feed()["results"][0]["id"]

    def left():
        return phone.get(f"/plans/{plan['id']}").json()["stock"]["amount"]

    phone.post(f"/schedules/{dose}/complete")
    assert left() == 0
    phone.post(f"/schedules/{dose}/undo")
    assert left() == 1
    phone.post(f"/schedules/{dose}/complete")
    assert phone.post(f"/plans/{plan['id']}/refill", {"amount": 30}).json()["stock"]["amount"] == 30


@pytest.mark.django_db(transaction=True)
def test_ten_phones_at_once_take_one_dose(client):
    user = make_user(11)
    phone = Phone(client, user)
    plan = phone.plan(times=[local_clock(user, hours=1)], stock={"amount": 10})
    dose = phone.feed()["results"][0]["id"]
    told = []

    def tick():
        told.append(intakes.complete(user_id=user.pk, id_=dose, at=None).completed_at)
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 10
    assert len(set(told)) == 1
    assert phone.get(f"/plans/{plan['id']}").json()["stock"]["amount"] == 9
