"""People who are signed in, and plans of theirs made over the API."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tests.signing import bearer
from core import breaker, stores
from sandbox.standins import Standins
from schedules.models import Device, Schedule


class Phone:
    """A signed-in person's app: `phone.post("/plans", {...})` gives the response."""

    def __init__(self, client, user):
        self.client, self.user = client, user
        self._signed = bearer(user)

    def get(self, path, **headers):
        return self.client.get("/api/v1" + path, **self._signed, **headers)

    def post(self, path, body=None, **headers):
        return self._send("post", path, {} if body is None else body, headers)

    def patch(self, path, body, **headers):
        return self._send("patch", path, body, headers)

    def delete(self, path, **headers):
        return self.client.delete("/api/v1" + path, **self._signed, **headers)

    def _send(self, method, path, body, headers):
        raw = body if isinstance(body, bytes) else json.dumps(body)
        sender = getattr(self.client, method)
        return sender("/api/v1" + path, raw, content_type="application/json", **self._signed, **headers)

    def plan(self, **fields):
        """A plan of one dose a day from today, or as `fields` say; its JSON."""
        body = {"medicine_name": "가나정", "starts_on": today(self.user).isoformat(), "times": ["08:00"]} | fields
        answer = self.post("/plans", {name: value for name, value in body.items() if value is not None})
        assert answer.status_code == 201, answer.content.decode()
        return answer.json()

    def feed(self, query=""):
        answer = self.get("/schedules" + query)
        assert answer.status_code == 200, answer.content.decode()
        return answer.json()


def today(user):
    from zoneinfo import ZoneInfo

    return timezone.now().astimezone(ZoneInfo(user.time_zone)).date()


def local_clock(user, **shift):
    """The person's clock a while from now, as a slot."""
    from zoneinfo import ZoneInfo

    return (timezone.now() + timedelta(**shift)).astimezone(ZoneInfo(user.time_zone)).strftime("%H:%M")


def make_user(number=1, **fields):
    return User.objects.create_user(kakao_sub=f"1000:{number}", nickname=f"연습{number}", **fields)


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.THROTTLE_ENABLED = False


@pytest.fixture
def user(db):
    return make_user(1)


@pytest.fixture
def phone(client, user):
    return Phone(client, user)


@pytest.fixture
def stranger(client, db):
    return Phone(client, make_user(2))


def intake(user, *, hours=0, taken_after=None, skipped=False, name="가나정"):
    """One that was due so many hours ago, taken so many minutes after its time."""
    due = timezone.now() - timedelta(hours=hours)
    taken = None if taken_after is None else due + timedelta(minutes=taken_after)
    return Schedule.objects.create(
        user=user, medicine_name=name, slot=f"{due.isoformat()[:30]}", scheduled_time=due, changed_seq=1,
        completed=taken is not None, completed_at=taken, skipped_at=due if skipped else None,
    )  # fmt: skip


def add_device(user, word="ok"):
    token = f"ExponentPushToken[{word}-{uuid4().hex[:8]}]"
    return Device.objects.create(user=user, token=token, created_at=timezone.now())


def due(user, minutes=0, **fields):
    """An intake that was due some minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes)
    values = {"medicine_name": "가나정", "changed_seq": 1, "slot": "x", "remind_at": at} | fields
    return Schedule.objects.create(user=user, scheduled_time=at, **values)


def texts(expo):
    return [message["body"] for message in expo.messages]


@pytest.fixture(scope="module")
def _running():
    with Standins(detail_seconds=0) as running:
        yield running


@pytest.fixture
def expo(_running, settings):
    """Expo's stand-in, with nothing received yet."""
    _running.reset()
    stores.broker.client.flushdb()
    breaker.forget()
    settings.EXPO_BASE_URL = _running.url("expo")
    yield _running.stand("expo").vendor
    _running.reset()
    stores.broker.client.flushdb()
