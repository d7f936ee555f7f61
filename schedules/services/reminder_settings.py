"""How a person wants to be reminded: a part of their `/me`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from schedules.models import ReminderSettings


def settings_of(user_id: UUID) -> dict[str, Any]:
    """As the profile shows them; the defaults when nothing was ever set."""
    wishes = ReminderSettings.objects.filter(pk=user_id).first() or ReminderSettings(user_id=user_id)
    return {
        "enabled": wishes.enabled,
        "quiet_hours": {"from": wishes.quiet_from, "to": wishes.quiet_to} if wishes.quiet_from else None,
        "second_after_minutes": wishes.second_after_minutes,
        "show_medicine_name": wishes.show_medicine_name,
    }


def set_settings(user_id: UUID, given: Mapping[str, Any]) -> None:
    """Only what is given changes. Reminders that are queued keep the text they were made with."""
    ReminderSettings.objects.update_or_create(user_id=user_id, defaults=dict(given))
