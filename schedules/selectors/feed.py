"""The intakes as phones read them: a window of the record, and what changed since."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from django.core.signing import BadSignature, Signer
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from core.errors import Gone, invalid
from core.statements import rows_of
from schedules.models import Schedule, ScheduleClock
from schedules.selectors.clock import clock_of

# Ticked within it, a dose was on time; not ticked after it, missed.
GRACE = timedelta(minutes=60)
_COLUMNS = (
    "id", "plan_id", "plan_version", "scheduled_time", "completed", "completed_at", "skipped_at", "item_seq",
    "medicine_name", "dose_amount", "dose_unit", "notes", "changed_seq",
)  # fmt: skip
# Read as texts: two thousand rows of two UUID objects cost a third of a whole feed.
_READ = (Cast("id", TextField()), Cast("plan_id", TextField()), *_COLUMNS[2:])
_LISTED = f"""
SELECT id::text, plan_id::text, {", ".join(_COLUMNS[2:])} FROM "schedule"
WHERE user_id = %s AND deleted_at IS NULL AND scheduled_time >= %s AND scheduled_time < %s
ORDER BY scheduled_time, "schedule".id"""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The instants that a phone asked for; `since`: it knows the changes up to there, within `known_to`."""

    start: datetime
    end: datetime
    since: int | None = None
    known_to: datetime | None = None


def feed(*, user_id: UUID, window: Window) -> bytes:
    """The window's intakes in order, or the changes since a token with the ids of what went, as JSON. Two queries.

    The count of changes is read first: what is committed after it is sent again the next time, never left out.
    """
    clock = clock_of(user_id)
    if window.since is None:
        rows, deleted = _listed(user_id, window), None
    else:
        rows, deleted = _changed(user_id, window, clock)
    now = timezone.now()
    end = max(window.end, window.known_to or window.end)
    rest: dict[str, Any] = {} if deleted is None else {"deleted": deleted}
    rest |= {
        "next": None,
        "previous": None,
        "sync_token": sign_token(user_id, clock.seq, end),
        "planned_until": clock.filled_until,
    }
    return orjson.dumps({"results": [as_dict(row, now) for row in rows], **rest})


def read_token(user_id: UUID, token: str) -> tuple[int, datetime]:
    """The changes and the end of the window that a phone knows. Raises InvalidQuery: not ours, or another's."""
    try:
        seq, end = _signer(user_id).unsign(token[:100]).split(".")
    except (BadSignature, UnicodeEncodeError):
        raise invalid("since", "signature", "동기화 값이 올바르지 않아요. 처음부터 다시 불러와 주세요.") from None
    return int(seq), datetime.fromtimestamp(int(end), UTC)


def sign_token(user_id: UUID, seq: int, end: datetime) -> str:
    return _signer(user_id).sign(f"{seq}.{int(end.timestamp())}")


def _signer(user_id: UUID) -> Signer:
    return Signer(salt=f"pilling.sync.{user_id}", sep="~")


def _listed(user_id: UUID, window: Window) -> Sequence[Row]:
    return rows_of(_LISTED, [user_id, window.start, window.end])


def _changed(user_id: UUID, window: Window, clock: ScheduleClock) -> tuple[Sequence[Row], list[str]]:
    """Changes of any time, and what the window has come to cover since; apart from those, the ids that went."""
    since = window.since or 0
    if not clock.purged_seq <= since <= clock.seq:
        raise Gone("동기화 값이 너무 오래되었어요. 처음부터 다시 불러와 주세요.")
    wanted = Q(changed_seq__gt=since)
    if window.known_to and window.known_to < window.end:
        wanted |= Q(scheduled_time__gte=window.known_to, scheduled_time__lt=window.end, deleted_at=None)
    rows = (
        Schedule.objects.filter(wanted, user_id=user_id)
        .order_by("scheduled_time", "id")
        .values_list(*_READ, "deleted_at")
    )
    kept, gone = [], []
    for row in rows:
        gone.append(row[0]) if row[-1] else kept.append(row[:-1])
    return kept, gone


def today(*, user_id: UUID, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """The intakes of one local day."""
    now = timezone.now()
    return [as_dict(row, now) for row in _listed(user_id, Window(start, end))]


def intake(row: Schedule) -> dict[str, Any]:
    """One row in the feed's shape."""
    return as_dict(tuple(getattr(row, name) for name in _COLUMNS), timezone.now())


def as_dict(row: Row, now: datetime) -> dict[str, Any]:
    id_, plan_id, version, due, completed, completed_at, skipped_at, item_seq, name, amount, unit, notes, seq = row
    return {
        "id": id_, "plan_id": plan_id, "plan_version": version or None,
        "scheduled_time": due, "completed": completed, "completed_at": completed_at, "skipped_at": skipped_at,
        "status": "taken" if completed else "skipped" if skipped_at else "missed" if due + GRACE < now else "planned",
        "medicine": {"item_seq": item_seq or None, "name": name}, "dose": {"amount": number(amount), "unit": unit},
        "notes": notes, "version": seq,
    }  # fmt: skip


@lru_cache(maxsize=1_024)
def number(amount: Decimal | str) -> int | float:
    """1.500 → 1.5, 2.000 → 2: as JSON and people write it."""
    value = Decimal(amount)
    return int(value) if value == value.to_integral_value() else float(value)
