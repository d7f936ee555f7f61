"""Reads. Other apps use `profile`."""

import uuid
from dataclasses import dataclass

from accounts.jwts import refused
from accounts.models import User


@dataclass(frozen=True, slots=True)
class Profile:
    """What other apps need of a user. `meal_times`: breakfast, lunch, dinner, bedtime to "HH:MM"."""

    time_zone: str
    prefs_version: int
    meal_times: dict[str, str]
    large_text: bool


def profile(user_id: uuid.UUID | str) -> Profile | None:
    """None for a user who is gone."""
    found = User.objects.filter(pk=user_id, is_active=True).values_list(
        "time_zone", "prefs_version", "meal_times", "large_text"
    )
    return next((Profile(*row) for row in found), None)


def user(user_id: uuid.UUID) -> User:
    """Raises NotAuthenticated for a user who is gone: a token may outlive its user by minutes."""
    found = User.objects.filter(pk=user_id, is_active=True).first()
    if found is None:
        raise refused()
    return found
