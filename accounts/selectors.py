"""Reads. Other apps use `profile`."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.jwts import refused
from accounts.models import Login, User
from core import profile_parts
from core.statements import rows_of

# What people see of their own row.
PROFILE = ("id", "nickname", "picture", "time_zone", "meal_times", "large_text", "created_at")
_MOST_DEVICES = 100
_PROFILES = """
SELECT id, time_zone, prefs_version, meal_times, large_text FROM accounts_user
WHERE id = ANY(%s::uuid[]) AND is_active"""


@dataclass(frozen=True, slots=True)
class Profile:
    """What other apps need of a user. `meal_times`: breakfast, lunch, dinner, bedtime to "HH:MM"."""

    time_zone: str
    prefs_version: int
    meal_times: dict[str, str]
    large_text: bool


def profile(user_id: uuid.UUID | str) -> Profile | None:
    """None for a user who is gone."""
    return next(iter(profiles([user_id]).values()), None)


def profiles(user_ids: Iterable[uuid.UUID | str]) -> dict[uuid.UUID, Profile]:
    """One query for any number of users; those who are gone are left out."""
    found = rows_of(_PROFILES, [[str(id_) for id_ in user_ids]])
    return {pk: Profile(zone, version, json.loads(meals), large) for pk, zone, version, meals, large in found}


def user(user_id: uuid.UUID) -> User:
    """Raises NotAuthenticated for a user who is gone: a token may outlive its user by minutes."""
    found = User.objects.filter(pk=user_id, is_active=True).first()
    if found is None:
        raise refused()
    return found


def whole(user: User) -> dict[str, Any]:
    """The user as `/me` shows them, with what other apps keep there; one query for each of these."""
    return {name: getattr(user, name) for name in PROFILE} | profile_parts.read(user.pk)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a user is signed in."""

    id: uuid.UUID
    kind: str
    device: str
    created_at: datetime
    last_used_at: datetime
    current: bool


def devices(user_id: uuid.UUID, *, current: str) -> list[Device]:
    """Living logins, the last used first; `current` is the session id of who asks."""
    living = Login.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=timezone.now())
    rows = living.order_by("-last_used_at", "id").values_list("id", "kind", "device", "created_at", "last_used_at")
    return [Device(*row, current=str(row[0]) == current) for row in rows[:_MOST_DEVICES]]
