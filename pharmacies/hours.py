"""Is it open? Weekly hours as the feed has them, and what they say of one moment in Seoul. Pure.

Three answers: open and closed only where hours are stated; everything else is unknown, with the reason.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
HOLIDAY = 7
DAY = 1_440

State = Literal["open", "closed", "unknown"]
Reason = Literal[
    "within_hours", "past_midnight", "holiday_hours", "always_open",
    "before_opening", "after_closing",
    "no_hours", "day_not_listed",
]  # fmt: skip
Slot = tuple[int, int]
"""From and until, in minutes after the day's midnight; `until` is later than `from` and may lie in the next day."""
Week = tuple[Slot | None, ...]
"""Eight places as in DAYS; None: the day is not listed."""
IsHoliday = Callable[[date], bool]

NO_HOURS: Week = (None,) * len(DAYS)
# How far ahead a next opening or closing is looked for, in days.
HORIZON = 15
_TIME = re.compile(r"\d{1,4}")
_LATEST_HOUR = 30


class BadTimeError(ValueError):
    """A time of the feed that means nothing."""


@dataclass(frozen=True, slots=True)
class Opening:
    """`opens_at`: the next opening, when it is not open now. `closes_at`: the end, when it is (None: never, or far)."""

    state: State
    reason: Reason
    opens_at: datetime | None = None
    closes_at: datetime | None = None


def read_time(value: object) -> int | None:
    """Minutes after midnight of "0900", 900, "2430" (the next day); None when nothing is stated. Raises BadTimeError.

    A number has lost its zeros on the way: 900 is 09:00, 0 is 00:00.
    """
    text = "" if value is None or isinstance(value, bool) else str(value).strip()
    if text in ("", "null"):
        return None
    if not (text.isascii() and _TIME.fullmatch(text)):
        raise BadTimeError(f"no time: {text[:20]!r}")
    hour, minute = divmod(int(text), 100)
    if hour > _LATEST_HOUR or minute > 59:
        raise BadTimeError(f"no time: {text!r}")
    return hour * 60 + minute


def read_slot(opens: object, closes: object) -> Slot | None:
    """One day's hours; a close that is not after its open lies in the next day. Raises BadTimeError."""
    start, end = read_time(opens), read_time(closes)
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise BadTimeError("half of the hours is missing")
    if start >= DAY:
        raise BadTimeError(f"opens after midnight: {str(opens)[:20]!r}")
    return start, end if end > start else end + DAY


def read_week(row: Mapping[str, object]) -> tuple[Week, list[str]]:
    """The hours of a row with dutyTime1s … dutyTime8c, and what of them could not be read (those days are left out)."""
    week: list[Slot | None] = []
    problems: list[str] = []
    for number, name in enumerate(DAYS, start=1):
        try:
            week.append(read_slot(row.get(f"dutyTime{number}s"), row.get(f"dutyTime{number}c")))
        except BadTimeError as error:
            week.append(None)
            problems.append(f"{name}: {error}")
    return tuple(week), problems


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in Seoul: its day's midnight, the minute of the day, and which of the eight places counts on each day
    from yesterday to the horizon."""

    midnight: datetime
    minute: int
    places: tuple[int, ...]

    @property
    def is_holiday(self) -> bool:
        return self.places[1] == HOLIDAY


def moment(at: datetime, is_holiday: IsHoliday) -> Moment:
    """`at` (aware) as `opening` wants it. A holiday goes by its own place alone, whatever its weekday."""
    local = at.astimezone(SEOUL)
    days = (local.date() + timedelta(days=offset) for offset in range(-1, HORIZON))
    places = tuple(HOLIDAY if is_holiday(day) else day.weekday() for day in days)
    midnight = datetime(local.year, local.month, local.day, tzinfo=SEOUL)
    return Moment(midnight, local.hour * 60 + local.minute, places)


def opening(week: Week, now: Moment) -> Opening:
    """What the hours say of the moment."""
    if not any(week):
        return Opening("unknown", "no_hours")
    slots = _slots(week, now.places)
    end = _end(slots, now.minute)
    if end > now.minute:
        closes = None if end >= DAY * (HORIZON - 1) else now.midnight + timedelta(minutes=end)
        return Opening("open", _why_open(slots[1], now, closes), None, closes)
    state, reason = _why_not(slots[1], now.minute)
    start = _next_start(slots, now.minute)
    return Opening(state, reason, None if start is None else now.midnight + timedelta(minutes=start))


def shown(week: Week) -> dict[str, dict[str, object] | None]:
    """The week as people read it: {"mon": {"opens": "09:00", "closes": "01:00", "next_day": true}, "sun": null}."""
    return {name: None if slot is None else _shown(slot) for name, slot in zip(DAYS, week, strict=True)}


def _shown(slot: Slot) -> dict[str, object]:
    opens, closes = slot
    # Midnight at the end of the day is 24:00 of that day.
    next_day = closes > DAY
    return {"opens": _clock(opens), "closes": _clock(closes - DAY if next_day else closes), "next_day": next_day}


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _slots(week: Week, places: Sequence[int]) -> Sequence[Slot | None]:
    """Yesterday's hours, today's, and so on up to the horizon, in minutes after today's midnight."""
    return [
        (slot[0] + DAY * offset, slot[1] + DAY * offset) if (slot := week[place]) else None
        for offset, place in enumerate(places, start=-1)
    ]


def _end(slots: Sequence[Slot | None], minute: int) -> int:
    """When the opening that holds `minute` ends, hours that follow without a gap taken as one; `minute` when none."""
    end = minute
    for slot in slots:
        if slot and slot[0] <= end < slot[1]:
            end = slot[1]
    return end


def _next_start(slots: Sequence[Slot | None], minute: int) -> int | None:
    return next((slot[0] for slot in slots[1:] if slot and slot[0] > minute), None)


def _why_open(today: Slot | None, now: Moment, closes: datetime | None) -> Reason:
    if closes is None:
        return "always_open"
    if not (today and today[0] <= now.minute):
        return "past_midnight"
    return "holiday_hours" if now.is_holiday else "within_hours"


def _why_not(today: Slot | None, minute: int) -> tuple[State, Reason]:
    if today is None:
        return "unknown", "day_not_listed"
    return "closed", "before_opening" if minute < today[0] else "after_closing"
