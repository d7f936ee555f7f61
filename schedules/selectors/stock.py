"""How long a medicine lasts, computed from the real plan."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from schedules.models import Plan, PlanVersion
from schedules.recurrence import first_after, occurrences
from schedules.rules import rule_of, zone_of
from schedules.selectors.people import Person

LOOKED_AHEAD = timedelta(days=365)
# The first stretch looked at; each further one is twice as long, since most medicines last weeks.
_STEP = timedelta(days=8)


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
    start, step, until = now, _STEP, now + LOOKED_AHEAD
    while start < until:
        end = min(start + step, until)
        for one in occurrences(rule, zone=zone, meals=person.meals, start=start, end=end):
            left -= Decimal(rule.phases[one.phase].dose or version.dose_amount)
            if left < 0:
                return one.at
        start, step = end, step * 2
    # No pause of a plan is longer than a year.
    goes_on = first_after(rule, zone=zone, meals=person.meals, start=until, until=until + LOOKED_AHEAD)
    return until if goes_on else None
