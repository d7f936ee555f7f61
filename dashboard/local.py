"""Whose page it is and what their clock says: dates and times as a person writes them."""

from datetime import date, datetime, time, timedelta

from django.http import HttpRequest

from core.errors import FieldError, InvalidBody, NotAuthenticated
from dashboard.page import person
from schedules.selectors import people
from schedules.selectors.people import Person

_FIRST, _LAST = 2000, 2100
_UNREADABLE = "날짜와 시각을 다시 골라 주세요."


def owner(request: HttpRequest) -> Person:
    """With zone and meal times. Raises NotAuthenticated for an account that was deleted a moment ago."""
    try:
        return people.person(person(request))
    except KeyError:
        raise NotAuthenticated from None


def now_of(who: Person) -> datetime:
    return datetime.now(who.zone)


def bounds(day: date, who: Person) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and ends."""
    begins, ends = (datetime.combine(each, time(), tzinfo=who.zone) for each in (day, day + timedelta(days=1)))
    return begins, ends


def read_day(text: str) -> date | None:
    """ "2026-11-26"; None for anything else."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and _FIRST <= day.year <= _LAST else None


def read_moment(text: str, who: Person) -> datetime:
    """What a datetime-local field sends, by the person's own clock. Raises InvalidBody for `at`."""
    try:
        moment = datetime.fromisoformat(text) if text.isascii() and 16 <= len(text) <= 19 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo or not _FIRST <= moment.year <= _LAST:
        raise InvalidBody(_UNREADABLE, errors=[FieldError("at", "format", _UNREADABLE)])
    return moment.replace(tzinfo=who.zone)
