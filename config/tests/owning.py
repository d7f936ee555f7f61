"""How a user comes to own what a route with an id names: the collection, and a body to post there."""

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tests.signing import bearer

MARK = "남이보면안되는글"
_PLAN = {"medicine_name": "가나정", "times": ["08:00"], "notes": MARK}
OWNED = {
    "plans": lambda client, user: _PLAN | {"starts_on": _today()},
    "schedules": None,  # comes with a plan
    "tags": lambda client, user: {"name": MARK[:10]},
    "devices": lambda client, user: {"token": "ExponentPushToken[0123456789abcdefghijkl]", "platform": "android"},
    "carers": lambda client, user: {"label": MARK[:10], "plan_ids": [own(client, user, "plans")]},
    "scraps": lambda client, user: {"medicine_name": "가나정", "category": "약", "notes": MARK},
}


def _today():
    return timezone.now().astimezone(ZoneInfo("Asia/Seoul")).date().isoformat()


def own(client, user, what):
    """The id of something of this kind that the user owns from now on."""
    if what == "schedules":
        own(client, user, "plans")
        return client.get("/api/v1/schedules", **bearer(user)).json()["results"][0]["id"]
    body = json.dumps(OWNED[what](client, user))
    answer = client.post(f"/api/v1/{what}", body, content_type="application/json", **bearer(user))
    assert answer.status_code in (200, 201), answer.content.decode()
    return answer.json()["id"]


@dataclass
class Member:
    """A user who is signed in, and the ids of what they own, by collection."""

    user: User
    ids: dict[str, str] = field(default_factory=dict)
    _signed: dict[str, str] = field(default_factory=dict)
    _until: float = 0

    def signed(self):
        """One login for many requests. Its token lives for ten minutes: a slow machine may need another."""
        if time.monotonic() > self._until:
            self._signed, self._until = bearer(self.user), time.monotonic() + 300
        return self._signed


@contextmanager
def kept(blocker):
    """Two members, the first of whom has one of each kind: made once for a file, whose tests all begin from this.

    For a fixture of a module, none of whose tests may be transactional: theirs are inside of this one's.
    """
    with blocker.unblock(), transaction.atomic():
        owner, other = (
            Member(User.objects.create_user(kakao_sub=sub, nickname=name))
            for sub, name in (("1000:4815000001", MARK), ("1000:4815000002", "남"))
        )
        owner.ids = {what: str(own(Client(), owner.user, what)) for what in OWNED}
        owner.signed(), other.signed()
        yield owner, other
        transaction.set_rollback(True)
