"""Plans over HTTP: made, previewed, changed as versions, ended."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from medicines.tests.factories import store_permit
from schedules.models import Plan, PlanVersion, Schedule
from schedules.tests.conftest import today

pytestmark = pytest.mark.django_db


def test_a_plan_fills_thirty_days(phone):
    plan = phone.plan(times=["08:00", "20:00"])
    rows = phone.feed()["results"]
    assert 58 <= len(rows) <= 62
    assert {row["plan_id"] for row in rows} == {plan["id"]}
    assert rows == sorted(rows, key=lambda row: row["scheduled_time"])
    assert {row["scheduled_time"][11:16] for row in rows} == {"23:00", "11:00"}


@pytest.mark.parametrize(
    "form",
    [
        {"times": ["08:00"], "weekdays": ["mon", "thu"]},
        {"times": ["breakfast+30", "bedtime"]},
        {"times": None, "every": {"value": 8, "unit": "hour"}},
        {"times": ["09:00"], "every": {"value": 3, "unit": "day"}},
        {"times": ["09:00"], "every": {"value": 2, "unit": "week"}, "weekdays": ["fri"]},
        {"times": ["21:00"], "cycle": {"on_days": 21, "off_days": 7}},
        {"times": ["21:00"], "doses": 7},
        {"times": None, "as_needed": {"min_gap": 240, "max_per_day": 4}},
        {"times": None, "phases": [
            {"times": ["08:00"], "days": 5, "dose": {"amount": 2, "unit": "정"}},
            {"times": ["08:00"], "every": {"value": 2, "unit": "day"}, "dose": {"amount": 0.5, "unit": "정"}},
        ]},
    ],
)  # fmt: skip
def test_every_form_comes_back_as_it_was_given(phone, form):
    plan = phone.plan(**form)
    shown = phone.get(f"/plans/{plan['id']}").json()
    for name, value in form.items():
        if name == "phases":
            assert [phase["days"] for phase in shown["phases"] if "days" in phase] == [5]
        else:
            assert shown[name] == value
    assert phone.get("/plans").json()["results"] == [shown]


def test_a_taper_gives_each_phase_its_dose(phone):
    phases = [{"times": ["08:00"], "days": 2, "dose": {"amount": amount}} for amount in (2, 0.5)]
    phone.plan(times=None, starts_on=(today(phone.user) + timedelta(days=1)).isoformat(), phases=phases)
    assert [row["dose"]["amount"] for row in phone.feed()["results"]] == [2, 2, 0.5, 0.5]


def test_preview_saves_nothing(phone):
    body = {"medicine_name": "가나정", "starts_on": today(phone.user).isoformat(), "times": ["08:00", "20:00"]}
    shown = phone.post("/plans/preview", body).json()
    assert shown["fires"]
    assert len(shown["results"]) == 60
    assert shown["more"]
    assert not PlanVersion.objects.exists()


def test_preview_says_that_it_never_fires_and_saving_refuses(phone):
    day = today(phone.user) + timedelta(days=1)
    other = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(day.weekday() + 3) % 7]
    body = {"medicine_name": "가나정", "starts_on": day.isoformat(), "ends_on": day.isoformat(), "times": ["08:00"],
            "weekdays": [other]}  # fmt: skip
    assert phone.post("/plans/preview", body).json() == {"fires": False, "results": [], "more": False}
    answer = phone.post("/plans", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "never_fires"


def test_an_edit_changes_what_is_ahead_and_nothing_behind(phone):
    plan = phone.plan(times=["08:00"])
    yesterday = timezone.now() - timedelta(days=1)
    past = Schedule.objects.order_by("scheduled_time").first()
    Schedule.objects.filter(pk=past.pk).update(scheduled_time=yesterday)
    changed = phone.patch(f"/plans/{plan['id']}", {"times": ["10:00"]})
    assert changed.status_code == 200
    assert changed.json()["version"] == 2
    kept = Schedule.objects.get(pk=past.pk)
    assert (kept.scheduled_time, kept.plan_version, kept.deleted_at) == (yesterday, 1, None)
    ahead = Schedule.objects.filter(deleted_at=None, scheduled_time__gt=timezone.now())
    assert {row.scheduled_time.astimezone(None).strftime("%H:%M") for row in ahead} == {"01:00"} or ahead.exists()
    assert set(ahead.values_list("plan_version", flat=True)) == {2}
    first, second = PlanVersion.objects.order_by("number")
    assert first.valid_until == second.valid_from


def test_an_edit_and_its_return_give_the_first_ids_again(phone):
    plan = phone.plan(times=["08:00"])
    before = {row["id"] for row in phone.feed()["results"]}
    phone.patch(f"/plans/{plan['id']}", {"times": ["10:00"]})
    assert not before & {row["id"] for row in phone.feed()["results"]}
    phone.patch(f"/plans/{plan['id']}", {"times": ["08:00"]})
    assert {row["id"] for row in phone.feed()["results"]} == before


def test_a_change_of_tags_or_stock_is_no_new_version(phone):
    plan = phone.plan()
    changed = phone.patch(f"/plans/{plan['id']}", {"tags": ["내과"], "stock": {"amount": 10, "warn_days": 3}}).json()
    assert changed["version"] == 1
    assert changed["tags"] == ["내과"]
    assert changed["stock"]["days_left"] in (10, 11)


def test_null_takes_stock_and_tags_away(phone):
    plan = phone.plan(tags=["내과"], stock={"amount": 10, "warn_days": 3})
    changed = phone.patch(f"/plans/{plan['id']}", {"tags": None, "stock": None}).json()
    assert (changed["tags"], changed["stock"], changed["version"]) == ([], None, 1)
    assert Plan.objects.get(pk=plan["id"]).stock_check_at is None


def test_a_plan_that_is_over_can_still_be_annotated(phone):
    plan = phone.plan(doses=2, times=["08:00"])
    over = {"starts_on": "2026-01-01", "last": ["2026-01-02", "08:00"]}
    PlanVersion.objects.update(rule=PlanVersion.objects.get().rule | over)
    assert phone.patch(f"/plans/{plan['id']}", {"notes": "다 먹음", "stock": None}).json()["notes"] == "다 먹음"
    assert phone.patch(f"/plans/{plan['id']}", {"times": ["09:00"]}).status_code == 400


def test_if_match_keeps_two_editors_apart(phone):
    plan = phone.plan()
    seen = phone.get(f"/plans/{plan['id']}")["ETag"]
    assert phone.patch(f"/plans/{plan['id']}", {"notes": "식후"}, HTTP_IF_MATCH=seen).status_code == 200
    assert phone.patch(f"/plans/{plan['id']}", {"notes": "식전"}, HTTP_IF_MATCH=seen).status_code == 412
    assert phone.delete(f"/plans/{plan['id']}", HTTP_IF_MATCH=seen).status_code == 412


def test_a_tick_makes_a_kept_plan_stale_and_breaks_no_edit(phone):
    plan = phone.plan(stock={"amount": 10})
    url, dose = f"/plans/{plan['id']}", phone.feed()["results"][0]["id"]
    seen = phone.get(url)["ETag"]
    assert phone.get(url, HTTP_IF_NONE_MATCH=seen).status_code == 304
    phone.post(f"/schedules/{dose}/complete")
    fresh = phone.get(url, HTTP_IF_NONE_MATCH=seen)
    assert (fresh.status_code, fresh.json()["stock"]["amount"]) == (200, 9)
    assert phone.patch(url, {"notes": "식후"}, HTTP_IF_MATCH=seen).status_code == 200
    assert phone.patch(url, {"notes": "식전"}, HTTP_IF_MATCH=seen).status_code == 412


def test_a_plan_whose_tag_is_deleted_is_sent_again(phone):
    tag = phone.post("/tags", {"name": "엄마"}).json()["id"]
    url = f"/plans/{phone.plan(tags=['엄마'])['id']}"
    seen = phone.get(url)["ETag"]
    phone.delete(f"/tags/{tag}")
    assert phone.get(url, HTTP_IF_NONE_MATCH=seen).json()["tags"] == []


def test_an_answer_to_an_edit_is_known_like_one_to_a_get(phone):
    url = f"/plans/{phone.plan()['id']}"
    seen = phone.patch(url, {"notes": "식후"})["ETag"]
    assert phone.get(url, HTTP_IF_NONE_MATCH=seen).status_code == 304
    assert phone.patch(url, {"notes": "식전"}, HTTP_IF_MATCH=f'"other", {seen}').status_code == 200


def test_if_match_as_it_was_given_out_before_and_any(phone):
    """Without the body's digest at its end."""
    url = f"/plans/{phone.plan()['id']}"
    before = phone.get(url)["ETag"].rpartition("-")[0] + '"'
    assert phone.patch(url, {"notes": "식후"}, HTTP_IF_MATCH=before).status_code == 200
    assert phone.patch(url, {"notes": "식전"}, HTTP_IF_MATCH=before).status_code == 412
    assert phone.patch(url, {"notes": "식전"}, HTTP_IF_MATCH="*").status_code == 200
    assert phone.delete(url, HTTP_IF_MATCH="").status_code == 412


def test_a_plan_that_ends_leaves_its_history(phone):
    plan = phone.plan(times=["08:00"])
    first = phone.feed()["results"][0]["id"]
    phone.post(f"/schedules/{first}/complete")
    assert phone.delete(f"/plans/{plan['id']}").status_code == 204
    assert [row["id"] for row in phone.feed()["results"]] == [first]
    assert phone.get(f"/plans/{plan['id']}").status_code == 404


def test_a_medicine_of_the_catalogue_brings_its_name(phone):
    store_permit("200000001", "가나정500밀리그램")
    plan = phone.plan(medicine_name=None, item_seq="200000001")
    assert plan["medicine_name"] == "가나정500밀리그램"
    assert phone.feed()["results"][0]["medicine"] == {"item_seq": "200000001", "name": "가나정500밀리그램"}


def test_an_unknown_product_is_refused(phone):
    body = {"item_seq": "999999999", "starts_on": today(phone.user).isoformat(), "times": ["08:00"]}
    assert phone.post("/plans", body).json()["errors"][0]["field"] == "item_seq"


def test_others_plans_do_not_exist(phone, stranger):
    plan = phone.plan()
    for answer in (
        stranger.get(f"/plans/{plan['id']}"), stranger.patch(f"/plans/{plan['id']}", {"notes": "x"}),
        stranger.delete(f"/plans/{plan['id']}"), stranger.post(f"/plans/{plan['id']}/refill", {"amount": 1}),
        stranger.get(f"/plans/{uuid4()}"),
    ):  # fmt: skip
        assert answer.status_code == 404
    assert stranger.get("/plans").json()["results"] == []


def test_nobody_signed_in_is_401(client):
    assert client.get("/api/v1/plans").status_code == 401


def test_moving_keeps_the_local_time_and_the_ids(phone):
    phone.plan(times=["08:00"])
    before = {row["id"]: row["scheduled_time"] for row in phone.feed()["results"]}
    phone.user.time_zone, phone.user.prefs_version = "America/New_York", 2
    phone.user.save()
    after = {row["id"]: row["scheduled_time"] for row in phone.feed()["results"]}
    assert len(after.keys() & before.keys()) >= 29
    assert {at[11:16] for at in after.values()} <= {"12:00", "13:00", "23:00"}
    assert not any(id_ in before and at == before[id_] for id_, at in after.items() if at[11:16] != "23:00")


def test_moving_leaves_elapsed_plans_and_plans_with_a_zone_alone(phone):
    phone.plan(times=None, every={"value": 12, "unit": "hour"})
    phone.plan(times=["08:00"], time_zone="Asia/Seoul")
    before = phone.feed()["results"]
    phone.user.time_zone, phone.user.prefs_version = "America/New_York", 2
    phone.user.save()
    assert [(r["id"], r["scheduled_time"]) for r in phone.feed()["results"]] == [
        (r["id"], r["scheduled_time"]) for r in before
    ]


def test_a_dose_ahead_that_the_journey_leaves_behind_stays_to_be_seen(phone):
    """Flying east, 23:00 of the old zone may be past already: it is missed, not gone."""
    phone.user.time_zone = "America/Los_Angeles"
    phone.user.save()
    from zoneinfo import ZoneInfo

    soon = (timezone.now() + timedelta(minutes=90)).astimezone(ZoneInfo("America/Los_Angeles"))
    phone.plan(times=[soon.strftime("%H:%M")], starts_on=soon.date().isoformat())
    first = phone.feed()["results"][0]
    phone.user.time_zone, phone.user.prefs_version = "Asia/Seoul", 2
    phone.user.save()
    kept = {row["id"]: row for row in phone.feed()["results"]}
    assert kept[first["id"]]["status"] == "missed"


def test_meals_move_what_is_tied_to_them(phone):
    phone.plan(times=["breakfast+30"])
    phone.user.meal_times, phone.user.prefs_version = phone.user.meal_times | {"breakfast": "06:00"}, 2
    phone.user.save()
    assert {row["scheduled_time"][11:16] for row in phone.feed()["results"]} <= {"21:30", "23:30"}
