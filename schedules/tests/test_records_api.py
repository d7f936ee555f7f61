"""Adherence, as needed, devices, settings, personal data over HTTP."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from core import personal_data
from medicines.models import MedicineIngredient
from medicines.selectors.amounts import amounts_of
from medicines.tests.factories import store_easy, store_permit
from schedules.models import Device, ReminderSettings, Schedule
from schedules.tests.conftest import Phone, intake, make_user

pytestmark = pytest.mark.django_db


class TestAdherence:
    def test_taken_late_skipped_missed(self, phone):
        intake(phone.user, hours=30, taken_after=10)
        intake(phone.user, hours=29, taken_after=61)
        intake(phone.user, hours=28, skipped=True)
        intake(phone.user, hours=27, name="다라정")
        intake(phone.user, hours=-2)
        told = phone.get("/adherence").json()
        assert told["total"] == {
            "due": 4, "taken": 2, "on_time": 1, "late": 1, "skipped": 1, "missed": 1, "rate": 0.5,
        }  # fmt: skip
        assert {one["medicine_name"]: one["due"] for one in told["medicines"]} == {"가나정": 3, "다라정": 1}
        assert sum(day["due"] for day in told["days"]) == sum(week["due"] for week in told["weeks"]) == 4

    def test_days_are_the_persons_own(self, client):
        user = make_user(9, time_zone="America/New_York")
        one = intake(user, hours=30, taken_after=0)
        [day] = Phone(client, user).get("/adherence").json()["days"]
        assert day["date"] == one.scheduled_time.astimezone(ZoneInfo("America/New_York")).date().isoformat()

    def test_streaks(self, phone):
        for days, taken in ((5, 0), (4, None), (3, 0), (2, 90)):
            intake(phone.user, hours=days * 24, taken_after=taken)
        assert phone.get("/adherence").json()["streak"] == {"current_days": 2, "longest_days": 2}

    def test_what_is_taken_as_needed_does_not_count(self, phone):
        plan = phone.plan(times=None, as_needed={})
        phone.post("/schedules", {"plan_id": plan["id"], "completed_at": timezone.now().isoformat()})
        assert phone.get("/adherence").json()["total"]["due"] == 0

    @pytest.mark.parametrize("query", ["?from=2026-02-01&to=2026-01-01", "?from=2020-01-01", "?from=x", "?week=1",
                                       "?from=0001-01-01&to=0001-01-02", "?to=9999-12-31"])  # fmt: skip
    def test_bad_periods(self, phone, query):
        assert phone.get("/adherence" + query).status_code == 400


class TestAsNeeded:
    def take(self, phone, plan, *, hours=0.0, amount=None):
        at = (timezone.now() - timedelta(hours=hours)).isoformat()
        body = {"plan_id": plan["id"], "completed_at": at} | ({"dose": {"amount": amount}} if amount else {})
        assert phone.post("/schedules", body).status_code == 201

    def asked(self, phone, plan):
        return phone.get(f"/plans/{plan['id']}/next-dose").json()

    def test_gap_and_count_say_when(self, phone):
        plan = phone.plan(times=None, as_needed={"min_gap": 240, "max_per_day": 2})
        assert self.asked(phone, plan)["possible_now"]
        self.take(phone, plan, hours=1)
        told = self.asked(phone, plan)
        assert [reason["kind"] for reason in told["reasons"]] == ["min_gap"]
        assert datetime.fromisoformat(told["possible_at"]) - timezone.now() < timedelta(hours=3, minutes=1)
        self.take(phone, plan, hours=20)
        told = self.asked(phone, plan)
        assert {reason["kind"] for reason in told["reasons"]} == {"min_gap", "max_per_day"}
        assert (
            timedelta(hours=3)
            < datetime.fromisoformat(told["possible_at"]) - timezone.now()
            < timedelta(hours=4, minutes=1)
        )

    def test_nothing_is_refused(self, phone):
        plan = phone.plan(times=None, as_needed={"max_per_day": 1})
        for _ in range(3):
            self.take(phone, plan)
        assert self.asked(phone, plan)["taken_in_24h"] == 3

    def test_an_ingredient_is_summed_over_all_products(self, phone):
        """Acetaminophen in a pain killer and in a cold remedy, from the catalogue's and the label's figures."""
        text = "아세트아미노펜으로서 1일 최대 4 g(8정)을 초과하여 복용하지 않습니다.\n"
        store_easy("200000001", "가나정500밀리그램", useMethodQesitm=text)
        store_permit("200000002", "다라콜드캡슐", ITEM_INGR_NAME="Acetaminophen/Chlorpheniramine")
        for seq, name, mg in (
            ("200000001", "아세트아미노펜", None),
            ("200000002", "아세트아미노펜", 300),
            ("200000002", "클로르페니라민말레산염", 2),
        ):
            MedicineIngredient.objects.create(item_seq=seq, position=name, name=name, amount_mg=mg)
        pain = phone.plan(medicine_name=None, item_seq="200000001", times=None, as_needed={}, dose={"amount": 2})
        cold = phone.plan(medicine_name=None, item_seq="200000002", times=["08:00"])
        for hours in (2, 7, 12):
            self.take(phone, pain, hours=hours)
        told = self.asked(phone, pain)
        [one] = told["ingredients"]
        assert (one["name"], one["taken_mg"], one["dose_mg"]) == ("아세트아미노펜", 3_000, 1_000)
        assert (one["max_mg"], one["max_source"]) == (4_000, "label")
        assert told["possible_now"]
        self.take(phone, cold, hours=1)
        told = self.asked(phone, pain)
        assert told["ingredients"][0]["taken_mg"] == 3_300
        assert [reason["kind"] for reason in told["reasons"]] == ["ingredient_max"]
        assert told["reasons"][0]["detail"].startswith("아세트아미노펜을 한 번 더 먹으면 설명서의 하루 최대 4,000mg")
        until = datetime.fromisoformat(told["possible_at"]) - timezone.now()
        assert timedelta(hours=11, minutes=55) < until < timedelta(hours=12, minutes=1)

    def test_the_persons_own_figures_come_first(self, phone):
        own = [{"name": "아세트아미노펜", "mg": 650, "max_mg": 1_300}]
        plan = phone.plan(medicine_name="집에 있는 약", times=None, as_needed={}, ingredients=own)
        self.take(phone, plan, hours=5)
        assert self.asked(phone, plan)["possible_now"]
        self.take(phone, plan, hours=1)
        told = self.asked(phone, plan)
        assert told["ingredients"][0]["max_source"] == "user"
        assert told["reasons"][0]["kind"] == "ingredient_max"

    def test_what_was_taken_under_a_plan_that_ended_counts(self, phone):
        own = [{"name": "아세트아미노펜", "mg": 500, "max_mg": 4_000}]
        cold = phone.plan(medicine_name="감기약", times=["08:00"], ingredients=own)
        pain = phone.plan(medicine_name="진통제", times=None, as_needed={}, ingredients=[own[0] | {"max_mg": 1_000}])
        self.take(phone, cold, hours=1)
        assert phone.delete(f"/plans/{cold['id']}").status_code == 204
        [one] = self.asked(phone, pain)["ingredients"]
        assert (one["taken_mg"], one["max_mg"]) == (500, 1_000)

    def test_what_nobody_knows_is_named_and_not_guessed(self, phone):
        store_permit("200000002", "다라콜드캡슐")
        for name in ("아세트아미노펜", "카페인"):
            MedicineIngredient.objects.create(item_seq="200000002", position=name, name=name)
        plan = phone.plan(medicine_name=None, item_seq="200000002", times=None, as_needed={})
        self.take(phone, plan)
        told = {one["name"]: one for one in self.asked(phone, plan)["ingredients"]}
        assert told["아세트아미노펜"]["not_counted"] == ["다라콜드캡슐"]
        assert told["아세트아미노펜"]["max_mg"] is None

    def test_plans_with_times_are_not_asked(self, phone):
        assert phone.get(f"/plans/{phone.plan()['id']}/next-dose").status_code == 409


@pytest.mark.parametrize(
    ("name", "usage", "mg", "most"),
    [
        ("가나정500밀리그램", "1일 최대 4 g(8정)을 초과하여 복용하지 않습니다.", 500, 4_000),
        ("가나캡슐", "1일 최대 12캡슐(4,000 mg)까지 초과하여 복용하지 않습니다.", Decimal(4_000) / 12, 4_000),
        ("가나정", "1일 총용량이 5정(1,375 mg)을 초과하지 않도록 합니다.", 275, 1_375),
        ("가나정", "1일 상용량은 3~4캡슐(6~8 mg)이며, 1일 최대복용량은 8캡슐(16 mg)입니다.", 2, 16),
        ("가나시럽", "체중이 30 kg 이하인 소아에게는 1일 최대 25 mL(300 mg)을 초과하지 않습니다.", None, None),
        ("가나시럽", "1일 최대 4회(28 mg/kg)를 넘지 않습니다.", None, None),
        ("가나정", "하루 3번 드십시오.", None, None),
    ],
)
def test_figures_are_the_labels_own(name, usage, mg, most):
    store_easy("200000001", name, useMethodQesitm=usage)
    MedicineIngredient.objects.create(item_seq="200000001", position="1", name="가나민")
    told = amounts_of(item_seqs=["200000001"])["200000001"]
    assert told.mg["가나민"] == mg
    assert told.max_mg.get("가나민") == most


class TestPeople:
    def test_a_device_is_registered_once_and_follows_who_signs_in(self, phone, stranger):
        body = {"token": "ExponentPushToken[abc]", "platform": "ios"}
        first = phone.post("/devices", body)
        assert first.status_code == 201
        assert phone.post("/devices", body).status_code == 200
        assert "token" not in first.json()
        assert stranger.post("/devices", body).status_code == 201
        assert phone.get("/devices").json()["results"] == []
        mine = stranger.get("/devices").json()["results"][0]["id"]
        assert phone.delete(f"/devices/{mine}").status_code == 404
        assert stranger.delete(f"/devices/{mine}").status_code == 204

    @pytest.mark.parametrize("token", ["", "abc", "ExponentPushToken[]", "ExponentPushToken[a", "FCM[abc]", 1,
                                       "ExponentPushToken[가]", "ExponentPushToken[" + "a" * 300 + "]"])  # fmt: skip
    def test_invalid_tokens(self, phone, token):
        assert phone.post("/devices", {"token": token}).status_code == 400
        assert not Device.objects.exists()

    def test_settings(self, phone):
        assert phone.get("/me").json()["reminder_settings"]["enabled"] is True
        body = {"quiet_hours": {"from": "22:00", "to": "07:00"}, "second_after_minutes": 15}
        whole = {"enabled": True, "show_medicine_name": False, **body}
        assert phone.patch("/me", {"reminder_settings": body}).json()["reminder_settings"] == whole
        assert phone.get("/me").json()["reminder_settings"] == whole
        answer = phone.patch("/me", {"reminder_settings": {"quiet_hours": None}})
        assert answer.json()["reminder_settings"] == whole | {"quiet_hours": None}

    def test_settings_change_with_the_profile_or_not_at_all(self, phone):
        etag = phone.get("/me")["ETag"]
        body = {"nickname": "새 이름", "reminder_settings": {"enabled": False}}
        assert phone.patch("/me", body, HTTP_IF_MATCH='"old"').status_code == 412
        assert not ReminderSettings.objects.exists()
        assert phone.patch("/me", body, HTTP_IF_MATCH=etag).status_code == 200
        assert not ReminderSettings.objects.get().enabled
        # The settings are part of the state that the ETag names.
        assert phone.patch("/me", {"nickname": "x"}, HTTP_IF_MATCH=etag).status_code == 412

    @pytest.mark.parametrize("body", [{"quiet_hours": {"from": "22:00"}},
                                      {"quiet_hours": {"from": "25:00", "to": "07:00"}},
                                      {"quiet_hours": {"from": "07:00", "to": "07:00"}}, {"second_after_minutes": 0},
                                      {"quiet_hours": {"from": "22:00", "to": "07:00", "user_id": 1}},
                                      {"enabled": "maybe"}, {"loud": True}, [], None, "x"])  # fmt: skip
    def test_bad_settings(self, phone, body):
        answer = phone.patch("/me", {"reminder_settings": body})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"].startswith("reminder_settings")
        assert not ReminderSettings.objects.exists()

    def test_tags(self, phone, stranger):
        assert len(phone.get("/tags").json()["results"]) == 17
        mine = phone.post("/tags", {"name": "엄마"})
        assert mine.status_code == 201
        assert (
            phone.post("/tags", {"name": "엄마"}).status_code
            == phone.post("/tags", {"name": "내과"}).status_code
            == 409
        )
        assert len(stranger.get("/tags").json()["results"]) == 17
        assert stranger.delete(f"/tags/{mine.json()['id']}").status_code == 404
        assert phone.delete(f"/tags/{mine.json()['id']}").status_code == 204
        seeded = phone.get("/tags").json()["results"][0]["id"]
        assert phone.delete(f"/tags/{seeded}").status_code == 404


class TestPersonalData:
    def test_everything_is_told_and_erased(self, phone, stranger):
        plan = phone.plan(tags=["내과"], stock={"amount": 3})
        other = stranger.plan()
        phone.post("/devices", {"token": "ExponentPushToken[abc]"})
        phone.post("/carers", {"label": "나", "plan_ids": [plan["id"]]})
        phone.post("/calendar")
        phone.patch("/me", {"reminder_settings": {"enabled": False}})
        told = json.loads("".join(personal_data.stream(str(phone.user.pk))))["schedules"]
        assert {name for name, rows in told.items() if rows} >= {
            "plans", "plan_versions", "schedules", "devices", "carers", "calendar", "reminder_settings",
        }  # fmt: skip
        assert "digest" not in json.dumps(told)
        assert personal_data.erase(str(phone.user.pk))["schedules"] > 30
        assert set(Schedule.objects.values_list("user_id", flat=True)) == {stranger.user.pk}
        assert stranger.get(f"/plans/{other['id']}").status_code == 200
