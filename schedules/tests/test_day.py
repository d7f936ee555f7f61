"""One person's day by the real worker and beat: each dose is told when due, again when not ticked, then to the carer.

Hours pass by moving the day's doses back, as if they had been due earlier.
"""

import os
import sys
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import F
from django.utils import timezone

from sandbox.process import spawn, wait_until
from schedules.models import Schedule
from schedules.tests.conftest import Phone, make_user, today

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
FIRST = "약 드실 시간이에요."
SECOND = "아직 표시하지 않으셨어요. 약 드실 시간이에요."
CARER = "어머니 님이 약을 아직 드시지 않은 것 같아요. 한번 확인해 주세요."


@pytest.fixture
def worker(expo, settings, tmp_path):
    """`celery worker` and `celery beat` as they are run, on this test's database and the stand-in."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(address._replace(path=f"/{connection.settings_dict['NAME']}"))
    env = os.environ | {"DATABASE_URL": database, "EXPO_BASE_URL": settings.EXPO_BASE_URL}
    children = [
        spawn(arguments[0], [sys.executable, "-m", "celery", "-A", "config", *arguments],
              log=tmp_path / f"{arguments[0]}.log", env=env, cwd=django_settings.BASE_DIR)
        for arguments in (["beat", "--pidfile", ""],
                          ["worker", "--concurrency", "2", "--queues", "reminders"])
    ]  # fmt: skip
    yield children[-1]
    for child in children:
        child.stop(patience=20)


def with_phone(client, user, token):
    phone = Phone(client, user)
    assert phone.post("/devices", {"token": f"ExponentPushToken[{token}]"}).status_code == 201
    return phone


def invite(phone, plan, carer):
    invited = phone.post("/carers", {"label": "어머니", "plan_ids": [plan["id"]], "after_minutes": 60}).json()
    assert carer.post("/carers/accept", {"code": invited["code"]}).status_code == 200


def test_a_dose_is_told_until_it_is_ticked_and_then_to_the_carer(client, user, expo, worker):
    mother, daughter = with_phone(client, user, "mother"), with_phone(client, make_user(5), "daughter")
    assert mother.patch("/me", {"reminder_settings": {"second_after_minutes": 15}}).status_code == 200
    tomorrow = (today(user) + timedelta(days=1)).isoformat()
    plan = mother.plan(starts_on=tomorrow, times=["08:00", "12:30", "18:30"])
    invite(mother, plan, daughter)
    ids = Schedule.objects.filter(plan_id=plan["id"]).order_by("scheduled_time").values_list("id", flat=True)
    morning, noon, evening = ids[:3]
    day = Schedule.objects.filter(pk__in=(morning, noon, evening))

    def told(*counts):
        """Wait for so many first, second and carers' messages in all."""
        wait_until(lambda: len(expo.messages) >= sum(counts), worker, seconds=120)
        bodies = Counter(message["body"] for message in expo.messages)
        assert (bodies[FIRST], bodies[SECOND], bodies[CARER]) == counts

    def pass_minutes(minutes):
        back = timedelta(minutes=minutes)
        day.update(scheduled_time=F("scheduled_time") - back, remind_at=F("remind_at") - back)

    now = timezone.now()
    day.update(scheduled_time=now, remind_at=now)
    told(3, 0, 0)
    assert mother.post(f"/schedules/{morning}/complete").status_code == 200
    pass_minutes(15)
    told(3, 2, 0)
    assert mother.post(f"/schedules/{noon}/complete").status_code == 200
    pass_minutes(45)
    told(3, 2, 1)
    wait_until(lambda: not day.exclude(remind_at=None).exists(), worker, seconds=120)
    assert len(expo.messages) == 6
    assert set(expo.received.values()) == {1}
    [warning] = [message for message in expo.messages if message["to"] == "ExponentPushToken[daughter]"]
    assert (warning["body"], warning["data"]["schedule_id"]) == (CARER, str(evening))
