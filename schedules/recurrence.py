"""When the doses of a plan fall: pure functions of a rule, a zone and meal times. No database, no clock.

A wall-clock dose is a local date and a slot ("08:00", "breakfast+30"): it keeps its local time wherever the person is.
An elapsed dose is a whole number of steps from an anchor instant: it keeps its distance whatever the clocks do.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, MO, WEEKLY, rrule

MEALS = ("breakfast", "lunch", "dinner", "bedtime")
DEFAULT_MEALS: Mapping[str, str] = {"breakfast": "08:00", "lunch": "12:30", "dinner": "18:30", "bedtime": "22:30"}
SLOT = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d)|(breakfast|lunch|dinner|bedtime)(?:([+-])(\d{1,3}))?)\Z", re.ASCII)
MAX_OFFSET = 180
_DAY = timedelta(days=1)
# A local date's instants lie within a day of it in UTC, a slot's offset and a clock change included within two.
_MARGIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a plan; `days` None: to the end. `every_hours` set: elapsed from `anchor`, slots unused.

    `weekdays`: 0 is Monday. `cycle`: (days on, days off), counted from the phase's first day.
    """

    slots: tuple[str, ...] = ()
    every_days: int = 1
    every_weeks: int = 1
    weekdays: tuple[int, ...] = ()
    cycle: tuple[int, int] | None = None
    every_hours: int = 0
    anchor: datetime | None = None
    days: int | None = None
    dose: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`ends_on` is included. `last`: the local date and slot of the last dose of a plan with a number of doses;
    `doses`: that number, which an elapsed plan counts by itself."""

    starts_on: date
    phases: tuple[Phase, ...]
    ends_on: date | None = None
    doses: int | None = None
    last: tuple[date, str] | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One dose. `slot` names it within its plan, for good: it stays when the person moves to another zone."""

    at: datetime
    slot: str
    phase: int


def occurrences(
    rule: Rule, *, zone: ZoneInfo, meals: Mapping[str, str], start: datetime, end: datetime
) -> list[Occurrence]:
    """The doses at `start` or later and before `end`, in order. The window bounds the work, not the plan's age."""
    found = [one for one in _candidates(rule, zone, meals, start, end) if start <= one.at < end]
    return sorted(found, key=lambda one: (one.at, one.slot))


def first_after(
    rule: Rule, *, zone: ZoneInfo, meals: Mapping[str, str], start: datetime, until: datetime
) -> datetime | None:
    """The next dose, looked for in windows that double; None when there is none before `until`."""
    step = timedelta(days=8)
    start = max(start, local_to_instant(rule.starts_on, 0, zone) - _MARGIN)
    while start < until:
        end = min(start + step, until)
        if found := occurrences(rule, zone=zone, meals=meals, start=start, end=end):
            return found[0].at
        start, step = end, step * 2
    return None


def local_to_instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """A local time that the clocks skip is taken as far behind the gap as it lies in it; one they repeat, the first."""
    naive = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return naive.replace(tzinfo=zone).astimezone(UTC)


def slot_minutes(slot: str, meals: Mapping[str, str]) -> int:
    """Minutes after midnight; a meal's offset may carry it before or after the day."""
    match = SLOT.match(slot)
    if match is None:
        raise ValueError("not a slot")
    hour, minute, meal, sign, offset = match.groups()
    if meal is None:
        return int(hour) * 60 + int(minute)
    at = meals.get(meal) or DEFAULT_MEALS[meal]
    base = int(at[:2]) * 60 + int(at[3:5])
    return base + (int(offset) if sign == "+" else -int(offset or 0))


def with_last(rule: Rule, *, meals: Mapping[str, str]) -> Rule:
    """The rule with the place of its last dose, counted once from its first: afterwards any window is cheap."""
    if rule.doses is None or any(phase.every_hours for phase in rule.phases):
        return rule
    left, horizon = rule.doses, rule.ends_on or rule.starts_on + timedelta(days=366 * 60)
    for _, phase, first, last in _stretches(rule):
        slots = sorted(phase.slots, key=lambda slot: (slot_minutes(slot, meals), slot))
        for day in _days(phase, first, first, min(last or horizon, horizon)):
            if left <= len(slots):
                return Rule(rule.starts_on, rule.phases, rule.ends_on, rule.doses, (day, slots[left - 1]))
            left -= len(slots)
    return rule


def _candidates(
    rule: Rule, zone: ZoneInfo, meals: Mapping[str, str], start: datetime, end: datetime
) -> Iterator[Occurrence]:
    low, high = (start - _MARGIN).date(), (end + _MARGIN).date()
    for number, phase, first, last in _stretches(rule):
        if phase.every_hours:
            yield from _elapsed(rule, number, zone, start, end)
            continue
        for day in _days(phase, first, low, min(filter(None, (high, last)))):
            for slot in _slots_of(rule, phase, day, meals):
                minutes = slot_minutes(slot, meals)
                yield Occurrence(local_to_instant(day, minutes, zone), f"{day.isoformat()}T{slot}", number)


def _stretches(rule: Rule) -> Iterator[tuple[int, Phase, date, date | None]]:
    """Each phase with its number and its first and last local day."""
    first = rule.starts_on
    for number, phase in enumerate(rule.phases):
        last = None if phase.days is None else first + timedelta(days=phase.days - 1)
        ends = [day for day in (last, rule.ends_on, rule.last and rule.last[0]) if day]
        yield number, phase, first, min(ends, default=None)
        if last is None:
            return
        first = last + _DAY


def _days(phase: Phase, first: date, low: date, high: date) -> Iterator[date]:
    """The local days of a phase between `low` and `high`, both included, by dateutil's rrule."""
    low = max(low, first)
    if low > high:
        return
    for moment in _rrule(phase, first, low, high):
        day = moment.date()
        if day >= low and (phase.cycle is None or (day - first).days % sum(phase.cycle) < phase.cycle[0]):
            yield day


def _rrule(phase: Phase, first: date, low: date, high: date) -> rrule:
    """Begun near `low`, in step with `first`, since rrule walks from its start."""
    until = datetime.combine(high, time())
    if phase.weekdays:
        monday = first - timedelta(days=first.weekday())
        begin = _in_step(monday, low, 7 * phase.every_weeks)
        return rrule(WEEKLY, dtstart=begin, until=until, interval=phase.every_weeks, byweekday=phase.weekdays, wkst=MO)
    step = phase.every_days * (7 * phase.every_weeks if phase.every_weeks > 1 else 1)
    return rrule(DAILY, dtstart=_in_step(first, low, step), until=until, interval=step)


def _in_step(first: date, low: date, step: int) -> datetime:
    skipped = max(0, (low - first).days) // step * step
    return datetime.combine(first + timedelta(days=skipped), time())


def _slots_of(rule: Rule, phase: Phase, day: date, meals: Mapping[str, str]) -> tuple[str, ...]:
    if rule.last is None or day < rule.last[0]:
        return phase.slots
    slots = sorted(phase.slots, key=lambda slot: (slot_minutes(slot, meals), slot))
    return tuple(slots[: slots.index(rule.last[1]) + 1]) if rule.last[1] in slots else ()


def _elapsed(rule: Rule, number: int, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Occurrence]:
    phase = rule.phases[number]
    if phase.anchor is None:
        raise ValueError("an elapsed phase without its anchor")
    step = timedelta(hours=phase.every_hours)
    ends = [end]
    if phase.days is not None:
        ends.append(phase.anchor + timedelta(days=phase.days))
    if rule.ends_on is not None:
        ends.append(local_to_instant(rule.ends_on + _DAY, 0, zone))
    if rule.doses is not None:
        ends.append(phase.anchor + step * rule.doses)
    count = max(0, -((phase.anchor - start) // step))
    while (at := phase.anchor + step * count) < min(ends):
        yield Occurrence(at, f"{number}+{count}@{phase.anchor:%Y%m%dT%H%MZ}", number)
        count += 1
