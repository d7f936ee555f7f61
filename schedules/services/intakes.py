"""Intakes: ticked, skipped, undone, written down late. Of two phones the first wins; the second gets the stored row."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, FieldError, InvalidBody, NotFound, PreconditionFailed
from schedules.models import Plan, Schedule
from schedules.selectors.people import Person
from schedules.selectors.stock import current_version
from schedules.services.clock import next_change
from schedules.services.plans import named
from schedules.services.reminders import LONGEST
from schedules.services.stock import take_from_stock

# A phone's clock may be ahead by a little; one that is wrong by a day would spoil the record.
CLOCK_SKEW = timedelta(minutes=5)
EARLY = timedelta(hours=24)
# A phone whose clock is a day behind ticks a dose after its time as taken nearly a day before.
EARLY_TOLD_AFTERWARDS = timedelta(hours=12)
OLDEST = timedelta(days=366)


@transaction.atomic
def complete(*, user_id: UUID, id_: UUID, at: datetime | None) -> Schedule:
    """Raises NotFound, InvalidBody."""
    seq, now = next_change(user_id), timezone.now()
    row = get_intake(user_id=user_id, id_=id_)
    if _is_done(row):
        return row
    when = _checked(at, row.scheduled_time, now)
    row.completed, row.completed_at = True, when
    take_from_stock(plan_id=row.plan_id, amount=row.dose_amount)
    return _saved(row, seq)


@transaction.atomic
def skip(*, user_id: UUID, id_: UUID, at: datetime | None) -> Schedule:
    """Raises NotFound, InvalidBody."""
    seq, now = next_change(user_id), timezone.now()
    row = get_intake(user_id=user_id, id_=id_)
    if _is_done(row):
        return row
    row.skipped_at = _checked(at, row.scheduled_time, now)
    return _saved(row, seq)


@transaction.atomic
def undo(*, user_id: UUID, id_: UUID) -> Schedule:
    """Raises NotFound, and Conflict when there never was anything to undo; a repeated undo changes nothing."""
    seq, now = next_change(user_id), timezone.now()
    row = get_intake(user_id=user_id, id_=id_)
    if not _is_done(row):
        if row.undone_at is None:
            raise Conflict("아직 먹었다고도 건너뛴다고도 표시하지 않은 복용이에요. 되돌릴 것이 없어요.")
        return row
    if row.completed:
        take_from_stock(plan_id=row.plan_id, amount=-row.dose_amount)
    row.completed, row.completed_at, row.skipped_at, row.undone_at = False, None, None, now
    row.remind_at = row.scheduled_time if _may_still_tell(row, now) else None
    return _saved(row, seq)


@transaction.atomic
def write_down(*, person: Person, given: Mapping[str, Any]) -> Schedule:
    """An intake by hand: one ahead to be reminded of, one taken as needed, one forgotten to be ticked.

    Raises NotFound (the plan is not theirs), InvalidBody.
    """
    seq, now = next_change(person.id), timezone.now()
    content = _content(person.id, given)
    row = Schedule(pk=uuid4(), user_id=person.id, changed_seq=seq, **content)
    due = given.get("scheduled_time") or given.get("completed_at") or now
    row.scheduled_time = _bounded("scheduled_time", due, now)
    row.notes = given.get("notes", "")
    if given.get("completed_at"):
        row.completed = True
        row.completed_at = _checked(given["completed_at"], row.scheduled_time, now, field="completed_at")
        take_from_stock(plan_id=row.plan_id, amount=row.dose_amount)
    elif row.scheduled_time > now:
        row.remind_at = row.scheduled_time
    row.save(force_insert=True)
    return row


@transaction.atomic
def change(*, user_id: UUID, id_: UUID, given: Mapping[str, Any], seen: int | None) -> Schedule:
    """Notes, and when it was really taken. `seen`: the change that the client knows. Raises PreconditionFailed too."""
    seq, now = next_change(user_id), timezone.now()
    row = get_intake(user_id=user_id, id_=id_)
    _require_seen(row, seen)
    if "notes" in given:
        row.notes = given["notes"]
    if "completed_at" in given:
        if not row.completed:
            raise Conflict("먹었다고 표시한 복용만 시각을 고칠 수 있어요.")
        row.completed_at = _checked(given["completed_at"], row.scheduled_time, now, field="completed_at")
    return _saved(row, seq)


@transaction.atomic
def delete(*, user_id: UUID, id_: UUID, seen: int | None) -> None:
    """For what was written down by hand: a plan's own dose would come back, so it is skipped instead (Conflict)."""
    seq, now = next_change(user_id), timezone.now()
    row = get_intake(user_id=user_id, id_=id_)
    _require_seen(row, seen)
    if row.slot:
        raise Conflict("계획에 든 복용은 지울 수 없어요. 건너뛰거나 계획을 고쳐 주세요.")
    if row.completed:
        take_from_stock(plan_id=row.plan_id, amount=-row.dose_amount)
    row.deleted_at = now
    _saved(row, seq)


def get_intake(*, user_id: UUID, id_: UUID) -> Schedule:
    """Raises NotFound, for others' rows too."""
    row = Schedule.objects.filter(pk=id_, user_id=user_id, deleted_at=None).first()
    if row is None:
        raise NotFound("그런 복용 기록이 없어요.")
    return row


def _is_done(row: Schedule) -> bool:
    return row.completed or row.skipped_at is not None


def _may_still_tell(row: Schedule, now: datetime) -> bool:
    """Whether anybody is to hear of an open dose: what was sent before is not sent again (uniq_schedule_push)."""
    return row.scheduled_time > now - (LONGEST if row.slot else timedelta(0))


def _saved(row: Schedule, seq: int) -> Schedule:
    row.changed_seq = seq
    if _is_done(row) or row.deleted_at:
        row.remind_at = None
    row.save(force_update=True)
    return row


def _require_seen(row: Schedule, seen: int | None) -> None:
    if seen is not None and seen != row.changed_seq:
        raise PreconditionFailed


def _checked(at: datetime | None, scheduled: datetime, now: datetime, *, field: str = "at") -> datetime:
    """When a dose was taken or skipped: not ahead of our clock, nor long before its time."""
    at = now if at is None else at
    if at > now + CLOCK_SKEW:
        raise _refused(field, "future", "앞으로 올 시각이에요. 전화기의 시계를 확인해 주세요.")
    if at < scheduled - (EARLY if now < scheduled else EARLY_TOLD_AFTERWARDS):
        raise _refused(field, "too_early", "예정보다 너무 이른 시각이에요. 날짜와 전화기의 시계를 확인해 주세요.")
    if at < now - OLDEST:
        raise _refused(field, "too_old", "1년 넘게 지난 시각은 적을 수 없어요.")
    return min(at, now).astimezone(UTC)


def _bounded(field: str, at: datetime, now: datetime) -> datetime:
    if not now - OLDEST <= at <= now + OLDEST:
        raise _refused(field, "range", "지금부터 앞뒤 1년 안의 시각만 적을 수 있어요.")
    return at.astimezone(UTC)


def _refused(field: str, code: str, detail: str) -> InvalidBody:
    return InvalidBody(detail, errors=[FieldError(field, code, detail)])


def _content(user_id: UUID, given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("plan_id") is None:
        content = named({name: given.get(name, "") for name in ("item_seq", "medicine_name")})
        return content | {name: given[name] for name in ("dose_amount", "dose_unit") if name in given}
    plan = Plan.objects.filter(pk=given["plan_id"], user_id=user_id, deleted_at=None).first()
    if plan is None:
        raise NotFound("그런 복약 계획이 없어요.")
    version = current_version(plan)
    names = ("item_seq", "medicine_name", "dose_amount", "dose_unit")
    content = {name: given.get(name) or getattr(version, name) for name in names}
    return content | {"plan_id": plan.pk, "plan_version": version.number}
