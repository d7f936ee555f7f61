"""What is left of a medicine: days left by the real plan, and one warning at the hour that the person chose."""

from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import User
from schedules import tasks
from schedules.models import Device, Plan, PlanVersion, PushMessage
from schedules.services import stock_warnings
from schedules.tests.conftest import local_clock
from schedules.words import subject

pytestmark = pytest.mark.django_db


def test_days_left_follow_the_plan(phone):
    plan = phone.plan(times=["08:00", "20:00"], dose={"amount": 0.5}, stock={"amount": 10})
    assert plan["stock"]["days_left"] in (10, 11)
    weekly = phone.plan(times=["08:00"], weekdays=["mon"], stock={"amount": 2})
    assert 14 <= weekly["stock"]["days_left"] <= 21
    short = phone.plan(times=["08:00"], doses=3, stock={"amount": 5})
    assert short["stock"]["days_left"] is None
    assert phone.plan(stock={"amount": 5_000})["stock"]["days_left"] == 365
    rare = phone.plan(times=["08:00"], every={"value": 26, "unit": "week"}, stock={"amount": 50})
    assert rare["stock"]["days_left"] == 365


def test_one_warning_and_another_after_a_refill(phone):
    Device.objects.create(user=phone.user, token="ExponentPushToken[a]", created_at=timezone.now())
    made = phone.plan(times=[local_clock(phone.user, hours=1)], stock={"amount": 2, "warn_days": 3})
    plan = Plan.objects.get(pk=made["id"])
    assert plan.stock_check_at.astimezone(ZoneInfo("Asia/Seoul")).strftime("%H:%M") == "09:00"

    def hour_comes():
        Plan.objects.filter(stock_check_at__isnull=False).update(stock_check_at=timezone.now())
        tasks.warn_of_stock()

    hour_comes(), hour_comes()
    assert PushMessage.objects.filter(kind="stock").count() == 1
    assert PushMessage.objects.get().body.startswith("드시는 약이 ")
    phone.post(f"/plans/{made['id']}/refill", {"amount": 100})
    hour_comes()
    assert PushMessage.objects.count() == 1
    Plan.objects.update(stock=1)
    hour_comes()
    assert PushMessage.objects.count() == 2


def test_a_minute_looks_at_all_whose_hour_has_come(phone):
    """09:00 is everybody's default: more than one batch of them, and those first whose owner is gone."""
    made = phone.plan(stock={"amount": 2, "warn_days": 3})
    Plan.objects.update(stock_check_at=timezone.now())
    User.objects.update(is_active=False)
    assert stock_warnings.warn(limit=1) == 1
    assert Plan.objects.get(pk=made["id"]).stock_check_at is None
    User.objects.update(is_active=True)
    for _ in range(250):
        Plan.objects.create(user=phone.user, created_at=timezone.now(), deleted_at=timezone.now())
    plans = list(Plan.objects.exclude(pk=made["id"]))
    now, first = timezone.now(), PlanVersion.objects.get()
    PlanVersion.objects.bulk_create(
        PlanVersion(plan=plan, number=1, medicine_name="가나정", rule=first.rule, valid_from=now) for plan in plans
    )
    Plan.objects.update(deleted_at=None, stock=2, stock_warn_days=3, stock_check_at=now)
    tasks.warn_of_stock()
    assert not Plan.objects.filter(stock_check_at__lte=timezone.now()).exists()


@pytest.mark.parametrize(("noun", "said"), [("가나정", "가나정이"), ("시럽제제", "시럽제제가"), ("A", "A이(가)")])
def test_particles(noun, said):
    assert subject(noun) == said
