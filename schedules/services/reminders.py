"""From due intakes to messages: who is told what, and when it is looked at next. One transaction, so nothing is lost.

An intake is told at its time, perhaps again, and perhaps to carers; `remind_at` is the earliest of these still ahead.
Each is one row per device (uniq_schedule_push), so that asking twice tells once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from schedules.models import Carer, Device, PushMessage, ReminderSettings, Schedule
from schedules.recurrence import local_to_instant, slot_minutes
from schedules.selectors.feed import number
from schedules.selectors.people import Person, people

# A reminder that comes later than this would mislead more than it helps.
LATE = timedelta(minutes=30)
CARER_LATE = timedelta(hours=3)
# After a dose's time nobody is told of it later than this: the longest wait of a carer, and what is late for one.
LONGEST = timedelta(hours=12) + CARER_LATE
CHUNK = 1_000
# Handed out so long before its time, so that a minute with many does not begin with writing rows.
AHEAD = timedelta(seconds=15)
TITLE = "필링"
Kind = PushMessage.Kind
_NEXT = """
UPDATE schedule SET remind_at = v.at
FROM unnest(%s::uuid[], %s::timestamptz[]) AS v(id, at) WHERE schedule.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody to be told of an intake at a moment."""

    at: datetime
    kind: str
    user_id: UUID
    text: str


@dataclass(slots=True)
class Around:
    """What is known of the people of one chunk."""

    people: dict[UUID, Person] = field(default_factory=dict)
    settings: dict[UUID, ReminderSettings] = field(default_factory=dict)
    devices: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    carers: dict[UUID, list[Carer]] = field(default_factory=lambda: defaultdict(list))

    def wishes(self, user_id: UUID) -> ReminderSettings:
        return self.settings.get(user_id) or ReminderSettings(user_id=user_id)


@transaction.atomic
def hand_out(*, limit: int = CHUNK) -> int:
    """Turn intakes that are due, or will be in a moment, into messages; how many there were.

    Workers take different ones (SKIP LOCKED).
    """
    now = timezone.now()
    soon = now + AHEAD
    due = Schedule.objects.filter(remind_at__lte=soon).order_by("remind_at")
    rows = list(due.select_for_update(skip_locked=True, of=("self",), no_key=True)[:limit])
    if not rows:
        return 0
    around = _around(rows)
    messages, following = list[PushMessage](), list[datetime | None]()
    for row in rows:
        events = _events(row, around)
        messages += [message for event in events if event.at <= soon for message in _messages(row, event, around, now)]
        following.append(min((event.at for event in events if event.at > soon), default=None))
    PushMessage.objects.bulk_create(messages, ignore_conflicts=True, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [[row.pk for row in rows], following])
    return len(rows)


def _around(rows: Sequence[Schedule]) -> Around:
    around = Around()
    patients = {row.user_id for row in rows}
    links = Carer.plans.through.objects.filter(plan_id__in={row.plan_id for row in rows if row.plan_id})
    live = links.filter(carer__revoked_at=None, carer__accepted_at__isnull=False).select_related("carer")
    for link in live:
        around.carers[link.plan_id].append(link.carer)
    everyone = patients | {carer.carer_id for carers in around.carers.values() for carer in carers if carer.carer_id}
    around.people = people(everyone)
    around.settings = ReminderSettings.objects.in_bulk(list(everyone))
    for user_id, device_id in Device.objects.filter(user_id__in=everyone, gone_at=None).values_list("user_id", "id"):
        around.devices[user_id].append(device_id)
    return around


def _events(row: Schedule, around: Around) -> list[Event]:
    """All of an intake's moments, past and ahead; none once it is done."""
    if row.completed or row.skipped_at or row.deleted_at or row.user_id not in around.people:
        return []
    wishes, text = around.wishes(row.user_id), _text(row, around.wishes(row.user_id))
    events = []
    if wishes.enabled:
        events.append(Event(row.scheduled_time, Kind.FIRST, row.user_id, text))
        if minutes := wishes.second_after_minutes:
            # After the first was sent, which quiet hours may have put off: never both at once.
            first = quiet_until(row.scheduled_time, wishes, around.people[row.user_id])
            again = first + timedelta(minutes=minutes)
            events.append(Event(again, Kind.SECOND, row.user_id, "아직 표시하지 않으셨어요. " + text))
    for carer in around.carers.get(row.plan_id, []) if row.plan_id else []:
        if carer.carer_id in around.people:
            at = row.scheduled_time + timedelta(minutes=carer.after_minutes)
            events.append(Event(at, Kind.CARER, carer.carer_id, _carer_text(row, carer)))
    return [_outside_quiet_hours(event, around) for event in events]


def _outside_quiet_hours(event: Event, around: Around) -> Event:
    wishes, person = around.wishes(event.user_id), around.people[event.user_id]
    return Event(quiet_until(event.at, wishes, person), event.kind, event.user_id, event.text)


def quiet_until(at: datetime, wishes: ReminderSettings, person: Person) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into, in the person's zone."""
    if not (wishes.quiet_from and wishes.quiet_to):
        return at
    local = at.astimezone(person.zone)
    begins, ends = slot_minutes(wishes.quiet_from, {}), slot_minutes(wishes.quiet_to, {})
    minute = local.hour * 60 + local.minute
    if begins <= ends:
        return local_to_instant(local.date(), ends, person.zone) if begins <= minute < ends else at
    if minute >= begins:
        return local_to_instant(local.date() + timedelta(days=1), ends, person.zone)
    return local_to_instant(local.date(), ends, person.zone) if minute < ends else at


def _messages(row: Schedule, event: Event, around: Around, now: datetime) -> Iterable[PushMessage]:
    """One for each device; one that is too late is written down as dropped."""
    drop_at = event.at + (CARER_LATE if event.kind == Kind.CARER else LATE)
    state = PushMessage.State.DROPPED if drop_at < now else PushMessage.State.QUEUED
    for device_id in around.devices.get(event.user_id, ()):
        yield PushMessage(
            user_id=event.user_id, schedule_id=row.pk, device_id=device_id, kind=event.kind, title=TITLE,
            body=event.text, due_at=event.at, drop_at=drop_at, state=state,
        )  # fmt: skip


def _text(row: Schedule, wishes: ReminderSettings) -> str:
    """No medicine on a lock screen unless the person asked for it."""
    if not wishes.show_medicine_name:
        return "약 드실 시간이에요."
    return f"{row.medicine_name} {number(row.dose_amount)}{row.dose_unit} 드실 시간이에요."


def _carer_text(row: Schedule, carer: Carer) -> str:
    what = f" ({row.medicine_name})" if carer.show_medicine_name else ""
    return f"{carer.label} 님이 약을 아직 드시지 않은 것 같아요{what}. 한번 확인해 주세요."
