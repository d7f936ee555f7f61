"""How a user comes to own what a route with an id names: the collection, and a body to post there."""

import json
from zoneinfo import ZoneInfo

from django.utils import timezone

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
