"""What this app holds of a person: told in full, and erased."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.forms.models import model_to_dict

from schedules.models import (
    CalendarLink,
    Carer,
    Device,
    Plan,
    PlanVersion,
    PushMessage,
    ReminderSettings,
    Schedule,
    ScheduleClock,
    Tag,
)

TABLES = (
    "schedule", "schedule_plan", "schedule_tag", "schedule_clock", "schedule_reminder_settings", "schedule_device",
    "schedule_carer", "schedule_calendar_link", "schedule_push",
)  # fmt: skip
# In an order in which nothing is left that points at what went.
_OWN = (PushMessage, Schedule, Plan, Tag, Device, ReminderSettings, CalendarLink, ScheduleClock)


def export(user_id: str) -> dict[str, Any]:
    """Rows as they are, tombstones and sent messages too; secrets, kept as digests only, are not among them."""
    mine, person = Q(user_id=user_id), UUID(user_id)
    return {
        "plans": _rows(Plan.objects.filter(mine), "tags"),
        "plan_versions": _rows(PlanVersion.objects.filter(plan__user_id=user_id)),
        "schedules": _rows(Schedule.objects.filter(mine)),
        "tags": _rows(Tag.objects.filter(mine)),
        "reminder_settings": _rows(ReminderSettings.objects.filter(mine)),
        "devices": _rows(Device.objects.filter(mine), "token"),
        "carers": _rows(Carer.objects.filter(patient_id=person), "code_digest", "plans", "carer"),
        "cares_for": _rows(Carer.objects.filter(carer_id=person), "code_digest", "plans", "patient"),
        "calendar": _rows(CalendarLink.objects.filter(mine), "token_digest"),
        "messages": _rows(PushMessage.objects.filter(mine), "lease", "device"),
    }


def erase(user_id: str) -> int:
    """Everything of a person; a carer's link to a patient who stays ends with the carer. Rows erased."""
    links = Carer.objects.filter(Q(patient_id=user_id) | Q(carer_id=user_id))
    rows = links.delete()[0]
    for model in _OWN:
        rows += model.objects.filter(user_id=user_id).delete()[0]
    return rows


def _rows(queryset: Any, *without: str) -> Iterator[dict[str, Any]]:
    for row in queryset.iterator(chunk_size=500):
        values = model_to_dict(row, exclude=without)
        yield {"id": str(row.pk)} | {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)
