"""What people set about themselves."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from accounts.jwts import refused
from accounts.models import User
from core import profile_parts

# A change of these moves doses: schedules compare `prefs_version`.
_MOVES_DOSES = ("time_zone", "meal_times")


@transaction.atomic
def update(*, user_id: uuid.UUID, changes: Mapping[str, Any], check: Callable[[User], None]) -> User:
    """Apply checked changes; meal times and other apps' parts may be given in part.

    `check` sees the locked user and may raise. Raises NotAuthenticated for a user who is gone.
    """
    user = User.objects.select_for_update().filter(pk=user_id, is_active=True).first()
    if user is None:
        raise refused()
    check(user)
    parts = profile_parts.parts()
    _change(user, {name: value for name, value in changes.items() if name not in parts})
    for name in changes.keys() & parts.keys():
        parts[name].write(user_id, changes[name])
    return user


def _change(user: User, changes: Mapping[str, Any]) -> None:
    before = {name: getattr(user, name) for name in _MOVES_DOSES}
    for name, value in changes.items():
        setattr(user, name, {**user.meal_times, **value} if name == "meal_times" else value)
    if any(getattr(user, name) != value for name, value in before.items()):
        user.prefs_version += 1
    user.save(update_fields=[*changes, "prefs_version"])
