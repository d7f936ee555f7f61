"""People with plans, made as the pages make them."""

import re
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from schedules import drafts
from schedules.models import Schedule
from schedules.selectors.people import person as found
from schedules.services.plans import create_plan

HTMX = {"HX-Request": "true"}


def noon():
    """A zone in which it is about noon, so that a few hours before and after are the same day."""
    ahead = 12 - timezone.now().hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


def somebody(number=1, **fields):
    fields = {"time_zone": noon()} | fields
    return User.objects.create_user(kakao_sub=f"1000:48150000{number:02}", nickname=f"연습{number}", **fields)


def today(user):
    return timezone.now().astimezone(found(user.pk).zone).date()


def clock(user, **shift):
    """The person's clock a while from now."""
    return (timezone.now() + timedelta(**shift)).astimezone(found(user.pk).zone).strftime("%H:%M")


def plan(user, **fields):
    who = found(user.pk)
    data = {"medicine_name": "가나정", "starts_on": today(user).isoformat(), "times": ["08:00"]} | fields
    attrs = drafts.plan({name: value for name, value in data.items() if value is not None})
    return create_plan(person=who, draft=drafts.drafted(attrs, who, stock="stock" in attrs))


def dose(user, *, name="가나정", **shift):
    """One planned dose so long from now, whatever the hour of the test."""
    made = plan(user, medicine_name=name, times=["08:00"])
    row = Schedule.objects.filter(plan=made).order_by("scheduled_time").first()
    Schedule.objects.filter(plan=made).exclude(pk=row.pk).delete()
    at = timezone.now() + timedelta(**shift)
    Schedule.objects.filter(pk=row.pk).update(scheduled_time=at)
    row.refresh_from_db()
    return row


def day_of(user, row):
    return row.scheduled_time.astimezone(found(user.pk).zone).date().isoformat()


def field(html, name):
    """The first value of a hidden field."""
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def page(client, path="/today", status=200, **more):
    answer = client.get(path, **more)
    assert answer.status_code == status, answer.content.decode()[:800]
    return answer.content.decode()


def form(user, **fields):
    given = {"medicine_name": "가나정", "amount": "1", "unit": "정", "form": "times", "end": "none"}
    return given | {"starts_on": today(user).isoformat(), "clock": ["23:59"], "form_key": "k" * 12} | fields


def send(client, user, path="/plans/new", status=302, **fields):
    answer = client.post(path, form(user, **fields))
    assert answer.status_code == status, answer.content.decode()[:3_000]
    return answer.content.decode()
