"""A plan's rule as JSON and as schedules.recurrence reads it. Pure; the input is checked by schedules.serializers."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from schedules.recurrence import Phase, Rule, local_to_instant, slot_minutes, with_last

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PATTERN = ("times", "every", "weekdays", "cycle")
GIVEN = ("starts_on", "ends_on", "doses", *PATTERN, "phases", "as_needed")


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def stored(given: Mapping[str, Any], *, zone: ZoneInfo, meals: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """What a version keeps: the input, the instants from which elapsed doses count, and the place of the last dose."""
    kept = {name: given[name] for name in GIVEN if given.get(name) is not None}
    if "as_needed" in kept:
        return kept
    kept["anchors"] = _anchors(kept, zone, meals, now)
    last = with_last(rule_of(kept), meals=meals).last
    return kept | ({"last": [last[0].isoformat(), last[1]]} if last else {})


def rule_of(kept: Mapping[str, Any]) -> Rule:
    """The rule of a plan that is not taken as needed."""
    anchors = kept.get("anchors") or []
    phases = [_phase(phase, anchor) for phase, anchor in zip(patterns(kept), anchors, strict=True)]
    last = kept.get("last")
    return Rule(
        starts_on=date.fromisoformat(kept["starts_on"]),
        phases=tuple(phases),
        ends_on=date.fromisoformat(kept["ends_on"]) if kept.get("ends_on") else None,
        doses=kept.get("doses"),
        last=(date.fromisoformat(last[0]), last[1]) if last else None,
    )


def patterns(kept: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The phases of a taper, or the plan's one pattern."""
    return list(kept.get("phases") or [{name: kept[name] for name in PATTERN if name in kept}])


def doses_a_day(kept: Mapping[str, Any]) -> int:
    """On the fullest day; 0 when taken as needed."""
    if "as_needed" in kept:
        return 0
    return max(ceil(24 / hours) if (hours := _hours(one)) else len(one["times"]) for one in patterns(kept))


def _phase(pattern: Mapping[str, Any], anchor: str | None) -> Phase:
    every = pattern.get("every") or {"value": 1, "unit": "day"}
    cycle = pattern.get("cycle")
    dose = pattern.get("dose")
    return Phase(
        slots=tuple(pattern.get("times") or ()),
        every_days=every["value"] if every["unit"] == "day" else 1,
        every_weeks=every["value"] if every["unit"] == "week" else 1,
        weekdays=tuple(WEEKDAYS.index(name) for name in pattern.get("weekdays") or ()),
        cycle=(cycle["on_days"], cycle["off_days"]) if cycle else None,
        every_hours=_hours(pattern),
        anchor=datetime.fromisoformat(anchor) if anchor else None,
        days=pattern.get("days"),
        dose=dose["amount"] if dose else None,
    )


def _hours(pattern: Mapping[str, Any]) -> int:
    every = pattern.get("every")
    return int(every["value"]) if every and every["unit"] == "hour" else 0


def _anchors(kept: Mapping[str, Any], zone: ZoneInfo, meals: Mapping[str, str], now: datetime) -> list[str | None]:
    day, anchors = date.fromisoformat(kept["starts_on"]), []
    for pattern in patterns(kept):
        anchors.append(_anchor(pattern, day, zone, meals, now) if _hours(pattern) else None)
        day = date.fromordinal(day.toordinal() + (pattern.get("days") or 0))
    return anchors


def _anchor(pattern: Mapping[str, Any], day: date, zone: ZoneInfo, meals: Mapping[str, str], now: datetime) -> str:
    """The first dose: at the time given; else now, for a plan that starts today, or 08:00 of its first day."""
    times = pattern.get("times")
    if times or day != now.astimezone(zone).date():
        minutes = slot_minutes(times[0] if times else "08:00", meals)
        return local_to_instant(day, minutes, zone).isoformat()
    return now.astimezone(UTC).replace(second=0, microsecond=0).isoformat()
