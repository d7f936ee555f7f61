"""The feed that phones keep their alarms filled from: window, ETag, deltas, tombstones, concurrent commits."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.tests.together import behind
from schedules import tasks
from schedules.models import Schedule, ScheduleClock
from schedules.selectors.feed import Window, feed
from schedules.selectors.people import person
from schedules.services import housekeeping, intakes, planning
from schedules.services.clock import next_change
from schedules.tests.conftest import Phone, local_clock, make_user

pytestmark = pytest.mark.django_db


def test_unchanged_is_304(phone):
    phone.plan()
    phone.feed()
    window = "?from=2026-01-01&to=2026-02-01"
    first = phone.get("/schedules" + window)
    assert phone.get("/schedules" + window, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304


def test_a_delta_holds_what_changed_and_what_went(phone):
    plan = phone.plan(times=["08:00", "20:00"])
    whole = phone.feed()
    dose = whole["results"][3]["id"]
    phone.patch(f"/schedules/{dose}", {"notes": "가"})
    delta = phone.feed(f"?since={whole['sync_token']}")
    assert [row["id"] for row in delta["results"]] == [dose]
    assert delta["deleted"] == []
    phone.patch(f"/plans/{plan['id']}", {"times": ["08:00"]})
    following = phone.feed(f"?since={delta['sync_token']}")
    gone = {row["id"] for row in whole["results"] if row["scheduled_time"][11:13] == "11"}
    assert gone <= set(following["deleted"])
    assert not set(following["deleted"]) & {row["id"] for row in phone.feed()["results"]}
    assert phone.feed(f"?since={following['sync_token']}")["results"] == []


def test_deltas_add_up_to_the_whole(phone):
    """A phone that only follows deltas ends where one that reads everything does."""
    known = {}

    def apply(answer):
        known.update({row["id"]: row for row in answer["results"]})
        for id_ in answer.get("deleted", []):
            known.pop(id_, None)
        return answer["sync_token"]

    token = apply(phone.feed())
    first = phone.plan(times=["08:00", "20:00"])
    token = apply(phone.feed(f"?since={token}"))
    phone.patch(f"/plans/{first['id']}", {"times": ["09:00"]})
    second = phone.plan(times=None, every={"value": 6, "unit": "hour"})
    token = apply(phone.feed(f"?since={token}"))
    phone.delete(f"/plans/{second['id']}")
    phone.patch(f"/plans/{first['id']}", {"times": ["08:00", "09:00"]})
    apply(phone.feed(f"?since={token}"))
    whole = {row["id"]: row for row in phone.feed()["results"]}
    beyond = [row for id_, row in known.items() if id_ not in whole]
    assert whole.items() <= known.items()
    # A change may lie behind the window's end; what went must not be left over within it.
    assert all(row["scheduled_time"] > max(row["scheduled_time"] for row in whole.values()) for row in beyond)


def test_a_window_that_moves_on_brings_what_it_comes_to_cover(phone):
    phone.plan(times=["08:00"])
    now = timezone.now()
    near, far = [(now + timedelta(days=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in (5, 8)]
    start = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    first = phone.feed(f"?from={start}&to={near}")
    second = phone.feed(f"?from={start}&to={far}&since={first['sync_token']}")
    assert len(second["results"]) == 3
    whole = phone.feed(f"?from={start}&to={far}")
    assert [r["id"] for r in first["results"] + second["results"]] == [r["id"] for r in whole["results"]]


def test_a_token_older_than_the_purge_is_gone(phone):
    plan = phone.plan()
    token = phone.feed()["sync_token"]
    phone.delete(f"/plans/{plan['id']}")
    newer = phone.feed()["sync_token"]
    Schedule.objects.exclude(deleted_at=None).update(deleted_at=timezone.now() - timedelta(days=60))
    assert housekeeping.purge_tombstones() > 0
    assert phone.get(f"/schedules?since={token}").status_code == 410
    assert phone.get(f"/schedules?since={newer}").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_dose_that_comes_back_while_tombstones_are_purged_stays(client):
    phone = Phone(client, make_user(12))
    phone.plan()
    back, gone = Schedule.objects.order_by("scheduled_time")[:2]
    Schedule.objects.filter(pk__in=[back.pk, gone.pk]).update(deleted_at=timezone.now() - timedelta(days=60))
    with behind(lambda: next_change(phone.user.pk), housekeeping.purge_tombstones):
        Schedule.objects.filter(pk=back.pk).update(deleted_at=None)
    assert set(Schedule.objects.filter(pk__in=[back.pk, gone.pk]).values_list("pk", flat=True)) == {back.pk}


def test_a_token_of_another_or_a_made_up_one_is_refused(phone, stranger):
    phone.plan()
    token = phone.feed()["sync_token"]
    assert stranger.get(f"/schedules?since={token}").status_code == 400
    assert phone.get("/schedules?since=1.2~abc").status_code == 400


def test_a_token_from_the_future_is_gone(phone):
    """After a restore from a backup the count may lie behind what phones have seen."""
    phone.plan()
    token = phone.feed()["sync_token"]
    ScheduleClock.objects.update(seq=0)
    assert phone.get(f"/schedules?since={token}").status_code == 410


@pytest.mark.parametrize(
    "query",
    ["?from=2026-01-02&to=2026-01-01", "?from=2026-01-01&to=2026-04-01", "?from=x", "?from=2026-02-30",
     "?from=2026-01-01T00:00:00+09:00&to=2026-01-02", "?from=2026-01-01T00:00:00", "?from=0001-01-01", "?to=9999-12-31",
     "?from=9999-12-31T23:59:59Z", "?since=", "?limit=3", "?from=%00", "?from=2026-13-01T00:00:00Z"],
)  # fmt: skip
def test_bad_windows_are_400_in_korean(phone, query):
    answer = phone.get("/schedules" + query)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert any("가" <= char <= "힣" for char in answer.json()["detail"])


def test_twenty_plans_cost_no_more_statements_than_one(phone, django_assert_max_num_queries):
    phone.plan()
    phone.feed()
    for _ in range(19):
        phone.plan(times=["08:00", "13:00", "20:00"])
    token = phone.feed()["sync_token"]
    with django_assert_max_num_queries(5):
        assert len(phone.feed()["results"]) > 1_500
    with django_assert_max_num_queries(5):
        assert phone.feed(f"?since={token}")["results"] == []


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_was_overtaken_is_in_the_next_delta(client):
    """One writer holds its change open while another wants to follow: no token may skip the first."""
    user = make_user(7)
    phone = Phone(client, user)
    phone.plan(times=[local_clock(user, minutes=30), local_clock(user, hours=2)])
    whole = phone.feed()
    first, second = [row["id"] for row in whole["results"][:2]]
    entered, leave = threading.Event(), threading.Event()

    def slow_tick():
        with transaction.atomic():
            intakes.complete(user_id=user.pk, id_=first, at=None)
            entered.set()
            leave.wait(60)
        connection.close()

    def quick_tick():
        intakes.complete(user_id=user.pk, id_=second, at=None)
        connection.close()

    threads = [threading.Thread(target=slow_tick), threading.Thread(target=quick_tick)]
    threads[0].start()
    entered.wait(60)
    threads[1].start()
    meanwhile = phone.feed(f"?since={whole['sync_token']}")
    leave.set()
    for thread in threads:
        thread.join()
    later = phone.feed(f"?since={meanwhile['sync_token']}")
    assert {first, second} <= {row["id"] for row in meanwhile["results"] + later["results"]}


def test_who_never_reads_is_kept_filled_too(phone):
    """A plan made elsewhere, and no phone that asks: it must not run dry after a month."""
    phone.plan(times=["08:00"])
    assert ScheduleClock.objects.get(pk=phone.user.pk).filled_until is None
    Schedule.objects.all().delete()
    tasks.fill(list(map(str, planning.due_for_filling(limit=10))))
    assert Schedule.objects.count() >= 30
    assert planning.due_for_filling(limit=10) == []


@pytest.mark.django_db(transaction=True)
def test_twenty_writers_and_a_reader_lose_nothing(client):
    user = make_user(8)
    phone = Phone(client, user)
    phone.plan(times=None, every={"value": 1, "unit": "hour"})
    ids = [row["id"] for row in phone.feed()["results"][:20]]
    Schedule.objects.filter(pk__in=ids).update(scheduled_time=timezone.now())
    ticked, seen = set(), set()
    start = timezone.now() - timedelta(days=1)

    def tick(id_):
        intakes.complete(user_id=user.pk, id_=id_, at=None)
        ticked.add(id_)
        connection.close()

    threads = [threading.Thread(target=tick, args=(id_,)) for id_ in ids]
    since = ScheduleClock.objects.get(pk=user.pk).seq
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        since = _read(user, start, since, seen)
    _read(user, start, since, seen)
    assert ticked == set(ids)
    assert seen == ticked


def _read(user, start, since, seen):
    end = start + timedelta(days=31)
    clock = ScheduleClock.objects.get(pk=user.pk).seq
    answer = json.loads(feed(user_id=user.pk, window=Window(start, end, since, end)))
    seen.update(row["id"] for row in answer["results"] if row["completed"])
    return clock


def test_the_person_is_read_in_one_statement(user, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert person(user.pk).zone.key == "Asia/Seoul"
