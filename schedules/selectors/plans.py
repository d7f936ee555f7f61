"""Plans as their owner reads them, and what a draft would do."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Prefetch, Q
from django.utils import timezone

from core.errors import NotFound
from schedules.models import Plan, PlanVersion, Tag
from schedules.recurrence import first_after, occurrences
from schedules.rules import GIVEN, rule_of, stored
from schedules.selectors.feed import number
from schedules.selectors.people import Person
from schedules.selectors.stock import days_left

PREVIEWED = 60
_SEARCHED = timedelta(days=3_660)


def get_plan(*, user_id: UUID, id_: UUID) -> Plan:
    """Raises NotFound, for others' plans too."""
    plan: Plan | None = _mine(user_id).filter(pk=id_).first()
    if plan is None:
        raise NotFound("그런 복약 계획이 없어요.")
    return plan


def plans(*, person: Person) -> list[dict[str, Any]]:
    """All of a person's plans, oldest first: three queries."""
    return [as_dict(plan, person) for plan in held(user_id=person.id)]


def held(*, user_id: UUID) -> list[Plan]:
    """The same as rows, with their versions in force and tags at hand."""
    return list(_mine(user_id).order_by("created_at", "id"))


def as_dict(plan: Plan, person: Person) -> dict[str, Any]:
    version = in_force(plan)
    return {
        "id": str(plan.pk),
        "version": plan.version,
        "item_seq": version.item_seq or None,
        "medicine_name": version.medicine_name,
        "dose": {"amount": number(version.dose_amount), "unit": version.dose_unit},
        "time_zone": version.time_zone or None,
        **{name: version.rule.get(name) for name in GIVEN},
        "ingredients": version.ingredients,
        "stock": _stock(plan, version, person),
        "notes": version.notes,
        "tags": sorted(tag.name for tag in plan.tags.all()),
        "created_at": plan.created_at.isoformat(),
        "updated_at": version.valid_from.isoformat(),
    }


def in_force(plan: Plan) -> PlanVersion:
    return max(plan.versions.all(), key=lambda version: version.number)


def given(plan: Plan) -> dict[str, Any]:
    """The rule of the version in force, as it was given."""
    rule = in_force(plan).rule
    return {name: rule[name] for name in GIVEN if name in rule}


def state(plan: Plan) -> str:
    """Names the last edit; a tick, which takes from the stock, is none."""
    return f"{plan.pk.hex[:12]}-{plan.revision}"


def as_input(plan: Plan, person: Person) -> dict[str, Any]:
    """A plan in the shape in which it was given; stock left out, since it has moved on since."""
    shown = as_dict(plan, person)
    kept = ("item_seq", "medicine_name", "dose", "time_zone", *GIVEN, "ingredients", "notes", "tags")
    return {name: shown[name] for name in kept if shown[name] is not None}


def draft_preview(*, given: Mapping[str, Any], zone: ZoneInfo, meals: Mapping[str, str]) -> dict[str, Any]:
    """What a plan that is not saved would do."""
    return preview(kept=stored(given, zone=zone, meals=meals, now=timezone.now()), zone=zone, meals=meals)


def preview(*, kept: Mapping[str, Any], zone: ZoneInfo, meals: Mapping[str, str]) -> dict[str, Any]:
    """The next dates of a draft, at most 60; `fires` False: there will never be one."""
    now = timezone.now()
    if "as_needed" in kept:
        return {"fires": True, "results": [], "more": False}
    rule = rule_of(kept)
    start = first_after(rule, zone=zone, meals=meals, start=now, until=now + _SEARCHED)
    if start is None:
        return {"fires": False, "results": [], "more": False}
    found: list[dict[str, Any]] = []
    for one in _upcoming(kept, zone, meals, start):
        dose = rule.phases[one.phase].dose
        found.append(
            {
                "at": one.at.astimezone(zone).isoformat(),
                "phase": one.phase,
                "dose_amount": number(dose) if dose else None,
            }
        )
        if len(found) > PREVIEWED:
            break
    return {"fires": True, "results": found[:PREVIEWED], "more": len(found) > PREVIEWED}


def _upcoming(kept: Mapping[str, Any], zone: ZoneInfo, meals: Mapping[str, str], start: datetime) -> Iterable[Any]:
    """In ever wider windows, up to two years on."""
    rule, step, end = rule_of(kept), timedelta(days=15), start + timedelta(days=731)
    while start < end:
        yield from occurrences(rule, zone=zone, meals=meals, start=start, end=start + step)
        start, step = start + step, step * 2


def _stock(plan: Plan, version: PlanVersion, person: Person) -> dict[str, Any] | None:
    if plan.stock is None:
        return None
    return {
        "amount": number(max(plan.stock, Decimal(0))),
        "warn_days": plan.stock_warn_days,
        "warn_time": plan.stock_warn_time,
        "days_left": days_left(plan=plan, version=version, person=person),
    }


def _mine(user_id: UUID) -> Any:
    current = Prefetch("versions", PlanVersion.objects.filter(valid_until=None))
    return Plan.objects.filter(user_id=user_id, deleted_at=None).prefetch_related(current, "tags")


def tags(*, user_id: UUID) -> list[dict[str, Any]]:
    """The seeded departments, then the person's own."""
    rows = Tag.objects.filter(Q(user=None) | Q(user_id=user_id)).order_by(F("user_id").asc(nulls_first=True), "id")
    return [tag_dict(tag) for tag in rows]


def tag_dict(tag: Tag) -> dict[str, Any]:
    return {"id": tag.pk, "name": tag.name, "seeded": tag.user_id is None}
