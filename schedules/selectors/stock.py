"""How long a medicine lasts, computed from the real plan."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from schedules.models import Plan, PlanVersion
from schedules.recurrence import Occurrence, occurrences
from schedules.rules import rule_of, zone_of
from schedules.selectors.people import Person

LOOKED_AHEAD = timedelta(days=365)
_STEP = timedelta(days=73)


def current_version(plan: Plan) -> PlanVersion:
    """The version in force, or the last one of a plan that ended."""
    return plan.versions.order_by("-number")[0]


def days_left(*, plan: Plan, version: PlanVersion, person: Person, now: datetime | None = None) -> int | None:
    """Whole local days until the first dose that the stock no longer covers; what lasts longer counts as a year.

    None: not counted, taken as needed, or enough to the plan's end.
    """
    if plan.stock is None or not version.per_day:
        return None
    now = now or timezone.now()
    zone = zone_of(version.time_zone) if version.time_zone else person.zone
    out = _runs_out(plan.stock, version, person, now)
    return None if out is None else (out.astimezone(zone).date() - now.astimezone(zone).date()).days


def _runs_out(stock: Decimal, version: PlanVersion, person: Person, now: datetime) -> datetime | None:
    rule, left = rule_of(version.rule), stock
    zone = zone_of(version.time_zone) if version.time_zone else person.zone
    start, found = now, list[Occurrence]()
    while start < now + LOOKED_AHEAD:
        found = occurrences(rule, zone=zone, meals=person.meals, start=start, end=start + _STEP)
        for one in found:
            left -= Decimal(rule.phases[one.phase].dose or version.dose_amount)
            if left < 0:
                return one.at
        start += _STEP
    return now + LOOKED_AHEAD if found else None
