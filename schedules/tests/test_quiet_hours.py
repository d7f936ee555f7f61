"""Quiet hours put reminders off to their end."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from schedules import tasks
from schedules.models import ReminderSettings
from schedules.selectors.people import person
from schedules.services.reminders import quiet_until
from schedules.tests.conftest import add_device, due, texts

pytestmark = pytest.mark.django_db
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (("22:00", "07:00"), "2026-11-26T23:30+09:00", "2026-11-27T07:00+09:00"),
        (("22:00", "07:00"), "2026-11-27T06:59+09:00", "2026-11-27T07:00+09:00"),
        (("22:00", "07:00"), "2026-11-27T07:00+09:00", "2026-11-27T07:00+09:00"),
        (("22:00", "07:00"), "2026-11-27T12:00+09:00", "2026-11-27T12:00+09:00"),
        (("13:00", "15:00"), "2026-11-27T14:00+09:00", "2026-11-27T15:00+09:00"),
        (("13:00", "15:00"), "2026-11-27T16:00+09:00", "2026-11-27T16:00+09:00"),
        (("", ""), "2026-11-27T03:00+09:00", "2026-11-27T03:00+09:00"),
    ],
)
def test_quiet_hours_put_a_reminder_off_to_their_end(user, quiet, at, until):
    wishes = ReminderSettings(quiet_from=quiet[0], quiet_to=quiet[1])
    assert quiet_until(datetime.fromisoformat(at), wishes, person(user.pk)) == datetime.fromisoformat(until)


def test_a_reminder_in_quiet_hours_waits_in_its_row(user, expo):
    add_device(user)
    clock = timezone.now().astimezone(SEOUL)
    hours = [(clock + timedelta(hours=shift)).strftime("%H:%M") for shift in (-1, 2)]
    ReminderSettings.objects.create(user=user, quiet_from=hours[0], quiet_to=hours[1])
    intake = due(user)
    tasks.remind()
    intake.refresh_from_db()
    assert not expo.received
    assert intake.remind_at.astimezone(SEOUL).strftime("%H:%M") == hours[1]


def test_after_quiet_hours_the_second_comes_after_the_first(user, expo):
    add_device(user)
    clock = timezone.now().astimezone(SEOUL)
    hours = [(clock + timedelta(minutes=shift)).strftime("%H:%M") for shift in (-60, 0)]
    ReminderSettings.objects.create(user=user, quiet_from=hours[0], quiet_to=hours[1], second_after_minutes=15)
    intake = due(user, minutes=30)
    tasks.remind()
    intake.refresh_from_db()
    assert texts(expo) == ["약 드실 시간이에요."]
    assert intake.remind_at == clock.replace(second=0, microsecond=0) + timedelta(minutes=15)
