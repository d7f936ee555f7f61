"""When the next dose of a medicine taken as needed is possible, and why. Refuses nothing; figures are never made up.

A maximum of an ingredient holds for all of a person's medicines together. It and the amount in one unit come from the
person, or else from the label (medicines.selectors.amounts); what neither tells is named as not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from medicines.selectors.amounts import Amounts, amounts_of, substance
from schedules.models import Plan, PlanVersion, Schedule
from schedules.selectors.feed import number
from schedules.selectors.people import Person
from schedules.words import object_

_DAY = timedelta(hours=24)
# The longest gap that a plan may ask for.
_LOOKED_BACK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Taken:
    """A dose that was taken: its milligrams by ingredient, None where nobody says how much is in it."""

    at: datetime
    plan_id: UUID | None
    medicine: str
    mg: dict[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    max_mg: Decimal
    source: str


def next_dose(*, plan: Plan, version: PlanVersion, person: Person) -> dict[str, Any]:
    """`possible_at` is now or later; each reason says until when it holds and on whose figures. Five queries."""
    return next_doses(versions=[version], person=person)[plan.pk]


def next_doses(*, versions: Iterable[PlanVersion], person: Person) -> dict[UUID, dict[str, Any]]:
    """The same for any number of a person's plans, by plan: five queries in all."""
    now = timezone.now()
    known = _known(person.id, now)
    doses = _taken(person.id, now, known)
    return {version.plan_id: _next(version, known, doses, now) for version in versions}


def _next(version: PlanVersion, known: "_Known", doses: Sequence[Taken], now: datetime) -> dict[str, Any]:
    limits_of_plan = version.rule.get("as_needed") or {}
    own = sorted((dose.at for dose in doses if dose.plan_id == version.plan_id), reverse=True)
    asked = known.of(version.plan_id, version.item_seq, version.dose_amount)
    sums = [_sum(name, mg, doses, known.limits.get(name), now) for name, mg in asked.items()]
    reasons = [
        *_gap(own, limits_of_plan.get("min_gap", 0), now),
        *_count(own, limits_of_plan.get("max_per_day"), now),
        *(reason for one in sums for reason in one["reasons"]),
    ]
    until = [reason["until"] for reason in reasons if reason["until"]]
    return {
        "possible_at": max(until, default=now),
        "possible_now": not reasons,
        "last_taken_at": own[0] if own else None,
        "taken_in_24h": sum(at > now - _DAY for at in own),
        "reasons": reasons,
        "ingredients": [{name: value for name, value in one.items() if name != "reasons"} for one in sums],
        "notice": "참고용이에요. 더 먹어도 되는지는 의사나 약사에게 물어보세요.",
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """The figures at hand: the person's own by plan, the label's by item_seq."""

    own: dict[UUID, list[dict[str, Any]]]
    labels: dict[str, Amounts]
    limits: dict[str, Limit]

    def of(self, plan_id: UUID | None, item_seq: str, units: Decimal) -> dict[str, Decimal | None]:
        """Milligrams by substance in so many units of a medicine."""
        found: dict[str, Decimal | None] = {}
        if item_seq in self.labels:
            found = {name: mg and mg * units for name, mg in self.labels[item_seq].mg.items()}
        for given in self.own.get(plan_id, []) if plan_id else []:
            found[substance(given["name"])] = Decimal(given["mg"]) * units
        return found


def _known(user_id: UUID, now: datetime) -> _Known:
    # What was taken under a plan that ended since counts too, but its maxima hold no longer.
    counted = Q(valid_until=None) | Q(plan__deleted_at__gte=now - _LOOKED_BACK)
    versions = PlanVersion.objects.filter(counted, plan__user_id=user_id).order_by("plan__created_at", "number")
    own = {version.plan_id: version.ingredients for version in versions}
    in_force = [version.ingredients for version in versions if version.valid_until is None]
    seqs = {version.item_seq for version in versions}
    recent = Schedule.objects.filter(user_id=user_id, completed=True, scheduled_time__gte=now - _LOOKED_BACK)
    seqs |= set(recent.values_list("item_seq", flat=True))
    labels = amounts_of(item_seqs=seqs - {""})
    return _Known(own, labels, _limits(in_force, labels.values()))


def _limits(own: Iterable[Sequence[dict[str, Any]]], labels: Iterable[Amounts]) -> dict[str, Limit]:
    """The lowest figure of the labels, unless the person says otherwise (a doctor may have)."""
    limits: dict[str, Limit] = {}
    for label in labels:
        for name, max_mg in label.max_mg.items():
            if name not in limits or max_mg < limits[name].max_mg:
                limits[name] = Limit(name, max_mg, "label")
    for given in (one for plan in own for one in plan if one.get("max_mg")):
        name = substance(given["name"])
        limits[name] = Limit(name, Decimal(given["max_mg"]), "user")
    return limits


def _taken(user_id: UUID, now: datetime, known: _Known) -> list[Taken]:
    rows = Schedule.objects.filter(
        user_id=user_id, completed=True, deleted_at=None, scheduled_time__gte=now - _LOOKED_BACK - _DAY,
        completed_at__gte=now - _LOOKED_BACK,
    ).order_by("completed_at")  # fmt: skip
    return [
        Taken(row.completed_at, row.plan_id, row.medicine_name, known.of(row.plan_id, row.item_seq, row.dose_amount))
        for row in rows
        if row.completed_at
    ]


def _gap(own: Sequence[datetime], minutes: int, now: datetime) -> list[dict[str, Any]]:
    if not own or (until := own[0] + timedelta(minutes=minutes)) <= now:
        return []
    return [_reason("min_gap", f"{_spoken(minutes)} 간격을 두기로 한 약이에요.", until)]


def _count(own: Sequence[datetime], most: int | None, now: datetime) -> list[dict[str, Any]]:
    """`own` is newest first: the dose that must leave the 24 hours is the one that fills the count."""
    recent = [at for at in own if at > now - _DAY]
    if most is None or len(recent) < most:
        return []
    return [_reason("max_per_day", f"24시간에 {most}번까지 먹기로 한 약이에요.", recent[most - 1] + _DAY)]


def _sum(name: str, mg: Decimal | None, doses: Sequence[Taken], limit: Limit | None, now: datetime) -> dict[str, Any]:
    """One ingredient over everything taken in the last 24 hours, and what one more dose would make of it."""
    recent = [dose for dose in doses if dose.at > now - _DAY and name in dose.mg]
    total = sum((dose.mg[name] or Decimal(0) for dose in recent), Decimal(0))
    unknown = sorted({dose.medicine for dose in recent if dose.mg[name] is None})
    over = limit is not None and mg is not None and total + mg > limit.max_mg
    return {
        "name": name,
        "taken_mg": number(total),
        "dose_mg": None if mg is None else number(mg),
        "max_mg": limit and number(limit.max_mg),
        "max_source": limit and limit.source,
        "not_counted": unknown,
        "products": sorted({dose.medicine for dose in recent}),
        "reasons": [_over(name, mg, recent, limit)] if over and limit and mg is not None else [],
    }


def _over(name: str, mg: Decimal, recent: Sequence[Taken], limit: Limit) -> dict[str, Any]:
    """Possible again when enough has left the 24 hours; never, when one dose alone is more than the maximum."""
    until, left = None, sum((dose.mg[name] or Decimal(0) for dose in recent), Decimal(0))
    for dose in recent:
        if left + mg <= limit.max_mg:
            break
        left -= dose.mg[name] or Decimal(0)
        until = dose.at + _DAY
    if left + mg > limit.max_mg:
        until = None
    whose = "적어 둔" if limit.source == "user" else "설명서의"
    detail = f"{object_(name)} 한 번 더 먹으면 {whose} 하루 최대 {number(limit.max_mg):,}mg을 넘어요."
    return _reason("ingredient_max", detail, until)


def _reason(kind: str, detail: str, until: datetime | None) -> dict[str, Any]:
    return {"kind": kind, "detail": detail, "until": until}


def _spoken(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours}시간" if hours else "", f"{rest}분" if rest else "")))
