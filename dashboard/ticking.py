"""What a tap on a dose does, and what is said when another phone was faster. The services make it safe to repeat."""

from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import InvalidBody, NotFound
from dashboard.local import read_moment
from dashboard.words import clock
from schedules.selectors.people import Person
from schedules.services import intakes

_CHANGED = "그사이 다른 곳에서 바뀌었어요. 지금 적힌 것을 확인해 주세요."
_DONE = {"taken": "먹었다고", "skipped": "건너뛴다고"}
_WISHED = {"taken": "taken", "on-time": "taken", "at": "taken", "skip": "skipped"}


def act(who: Person, id_: UUID, *, do: str, seen: str, at: str) -> str:
    """What there is to say of it, "" when it went as wished. `seen`: the change that the page showed.

    Raises NotFound, InvalidBody.
    """
    row = intakes.get_intake(user_id=who.id, id_=id_) if do != "remove" else _or_none(who, id_)
    if row is None:
        return ""
    before = _state(row)
    if do in _WISHED:
        return _first_come(row, before, _WISHED[do], who) if before else _tick(who, row, do, at)
    if do == "undo" and not before:
        return ""
    if seen and seen != str(row.changed_seq):
        return _CHANGED
    if do == "undo":
        intakes.undo(user_id=who.id, id_=id_)
    elif do == "remove":
        intakes.delete(user_id=who.id, id_=id_, seen=row.changed_seq)
    else:
        raise InvalidBody
    return ""


def _or_none(who: Person, id_: UUID) -> Any:
    """Taken away already is as good as taken away."""
    try:
        return intakes.get_intake(user_id=who.id, id_=id_)
    except NotFound:
        return None


def _tick(who: Person, row: Any, do: str, at: str) -> str:
    if do == "skip":
        after = intakes.skip(user_id=who.id, id_=row.pk, at=None)
    else:
        after = intakes.complete(user_id=who.id, id_=row.pk, at=_when(who, row, do, at))
    state = _state(after)
    return "" if state == _WISHED[do] else _first_come(after, state, _WISHED[do], who)


def _when(who: Person, row: Any, do: str, at: str) -> datetime | None:
    """None: now."""
    if do == "on-time":
        due: datetime = row.scheduled_time
        return due
    return read_moment(at, who) if do == "at" else None


def _state(row: Any) -> str:
    return "taken" if row.completed else "skipped" if row.skipped_at else ""


def _first_come(row: Any, state: str, wished: str, who: Person) -> str:
    """Another phone, another tab or the first of two taps was faster: what stands is kept."""
    done_at = row.completed_at or row.skipped_at
    when = f" ({clock(done_at.astimezone(who.zone))})" if done_at else ""
    if state == wished:
        return f"이미 {_DONE[state]} 표시되어 있어요{when}."
    return f"다른 곳에서 먼저 {_DONE[state]} 표시했어요{when}. 그대로 두었으니, 바꾸려면 ‘되돌리기’를 누르세요."
