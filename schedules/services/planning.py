"""From plans to intakes: keeps 30 days ahead filled with rows whose ids never change."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from schedules.models import PlanVersion, Schedule, ScheduleClock
from schedules.recurrence import Occurrence, Rule, occurrences
from schedules.rules import rule_of, zone_of
from schedules.selectors.clock import clock_of
from schedules.selectors.people import Person, people
from schedules.services.clock import next_change

HORIZON = timedelta(days=30)
# Written a little further than promised, so that a late run of the task leaves no hole.
_AHEAD = timedelta(days=31)
# No two zones' clocks differ by more: how far back a dose ahead may land when the person travels.
_TRAVEL = timedelta(hours=27)
_BATCH = 500
_COPIED = ("item_seq", "medicine_name", "dose_unit")
_COMPARED = ("scheduled_time", "plan_version", "dose_amount", "deleted_at", *_COPIED)
_WRITTEN = (*_COMPARED, "changed_seq", "remind_at")


def intake_id(plan_id: UUID, slot: str) -> UUID:
    """The same dose of a plan has the same id, however often it is planned."""
    return uuid.uuid5(plan_id, slot)


def zone_for(version: PlanVersion, person: Person) -> ZoneInfo:
    """The plan's own zone, or else wherever the person is."""
    return zone_of(version.time_zone) if version.time_zone else person.zone


@transaction.atomic
def fill(*, person: Person) -> None:
    """Bring a person's intakes up to date: 30 days ahead, in their present zone and at their present meal times."""
    now, seq = timezone.now(), next_change(person.id)
    clock = ScheduleClock.objects.get(user_id=person.id)
    begin = now
    if clock.filled_until and clock.prefs_version == person.prefs_version:
        begin = max(now, clock.filled_until - timedelta(days=1))
    for version in current_versions(person.id):
        Planner(version, person, seq, now).write(begin=begin)
    ScheduleClock.objects.filter(user_id=person.id).update(
        prefs_version=person.prefs_version, filled_until=now + _AHEAD
    )


def keep_filled(person: Person) -> None:
    """A change of zone or meals is found when the person next reads."""
    if not is_filled(clock_of(person.id), person):
        fill(person=person)


def is_filled(clock: ScheduleClock, person: Person) -> bool:
    """Whether a person's intakes reach as far as promised and fit their present zone and meals."""
    if clock.filled_until is None:
        return False
    return clock.prefs_version == person.prefs_version and clock.filled_until >= timezone.now() + HORIZON


def current_versions(user_id: UUID) -> list[PlanVersion]:
    """The versions in force of all plans with times, in one query."""
    return list(
        PlanVersion.objects.filter(plan__user_id=user_id, plan__deleted_at=None, valid_until=None, per_day__gt=0)
    )


def drop_ahead(*, plan_id: UUID, seq: int, now: datetime) -> None:
    """A plan ends: its open intakes from now on become tombstones."""
    ahead = Schedule.objects.filter(plan_id=plan_id, scheduled_time__gte=now).exclude(slot="")
    still_open = ahead.filter(completed=False, skipped_at=None, deleted_at=None)
    still_open.update(deleted_at=now, changed_seq=seq, remind_at=None)


def due_for_filling(*, limit: int) -> list[UUID]:
    """People whose intakes reach less far than promised, those first who have never read theirs."""
    behind = ScheduleClock.objects.filter(Q(filled_until=None) | Q(filled_until__lt=timezone.now() + HORIZON))
    behind = behind.order_by(F("filled_until").asc(nulls_first=True))
    return list(behind.values_list("user_id", flat=True)[:limit])


def fill_many(user_ids: Iterable[UUID | str]) -> None:
    """Each in a transaction of its own."""
    for person in people(user_ids).values():
        fill(person=person)


@dataclass(frozen=True, slots=True)
class Planner:
    """Writes one version's intakes under the change number `seq`. What is past or done stays as it is."""

    version: PlanVersion
    person: Person
    seq: int
    now: datetime

    def write(self, *, begin: datetime | None = None) -> None:
        """Make the rows from `begin` (now) to the horizon what the version says."""
        begin = begin or self.now
        rule = rule_of(self.version.rule)
        wanted = self._wanted(rule, begin)
        rows = self._rows(wanted, begin)
        self._retire(rows, wanted, begin)
        fresh = [id_ for id_, one in wanted.items() if id_ not in rows and self._may_begin(one)]
        Schedule.objects.bulk_create([self._made(rule, id_, wanted[id_]) for id_ in fresh], batch_size=_BATCH)
        changed = [row for id_, row in rows.items() if id_ in wanted and self._set(row, rule, wanted[id_])]
        Schedule.objects.bulk_update(changed, _WRITTEN, batch_size=_BATCH)

    def _wanted(self, rule: Rule, begin: datetime) -> dict[UUID, Occurrence]:
        # From a day before: a dose that was ahead may lie behind in the zone the person is in now.
        zone, meals = zone_for(self.version, self.person), self.person.meals
        found = occurrences(rule, zone=zone, meals=meals, start=begin - _TRAVEL, end=self.now + _AHEAD)
        return {intake_id(self.version.plan_id, one.slot): one for one in found}

    def _rows(self, wanted: Mapping[UUID, Occurrence], begin: datetime) -> dict[UUID, Schedule]:
        """The plan's rows that may be touched, tombstones included."""
        ahead = Schedule.objects.filter(plan_id=self.version.plan_id, scheduled_time__gte=begin)
        known = Schedule.objects.filter(pk__in=list(wanted))
        return {row.pk: row for row in [*ahead, *known]}

    def _retire(self, rows: Mapping[UUID, Schedule], wanted: Mapping[UUID, Occurrence], begin: datetime) -> None:
        gone = [id_ for id_, row in rows.items() if id_ not in wanted and row.scheduled_time >= begin and _is_open(row)]
        Schedule.objects.filter(pk__in=gone).update(deleted_at=self.now, changed_seq=self.seq, remind_at=None)

    def _may_begin(self, one: Occurrence) -> bool:
        return one.at >= max(self.version.valid_from, self.now)

    def _made(self, rule: Rule, id_: UUID, one: Occurrence) -> Schedule:
        row = Schedule(pk=id_, user_id=self.person.id, plan_id=self.version.plan_id, slot=one.slot)
        return self._assign(row, self._values(rule, one), one)

    def _set(self, row: Schedule, rule: Rule, one: Occurrence) -> bool:
        """Set a row to what the version says; False when it must stay, or is so already."""
        revived = row.deleted_at is not None and self._may_begin(one)
        ahead = row.deleted_at is None and row.scheduled_time >= self.now
        if row.completed or row.skipped_at or not (revived or ahead):
            return False
        values = self._values(rule, one)
        if all(getattr(row, name) == values[name] for name in _COMPARED):
            return False
        self._assign(row, values, one)
        return True

    def _values(self, rule: Rule, one: Occurrence) -> dict[str, Any]:
        dose = rule.phases[one.phase].dose
        return {
            "scheduled_time": one.at,
            "plan_version": self.version.number,
            "dose_amount": Decimal(dose) if dose else self.version.dose_amount,
            "deleted_at": None,
            **{name: getattr(self.version, name) for name in _COPIED},
        }

    def _assign(self, row: Schedule, values: Mapping[str, Any], one: Occurrence) -> Schedule:
        reminder = {"changed_seq": self.seq, "remind_at": one.at}
        for name, value in {**values, **reminder}.items():
            setattr(row, name, value)
        return row


def _is_open(row: Schedule) -> bool:
    return bool(row.slot) and not row.completed and row.skipped_at is None and row.deleted_at is None
