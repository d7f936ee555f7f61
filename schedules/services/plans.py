"""Plans: made, changed as new versions, ended. The past never changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, FieldError, InvalidBody, NotFound
from medicines.selectors.cards import names_of
from schedules import rules
from schedules.models import Plan, PlanVersion
from schedules.selectors.people import Person
from schedules.services import stock as stocks
from schedules.services.clock import next_change
from schedules.services.planning import Planner, drop_ahead, zone_for
from schedules.services.tags import tags_named

MAX_PLANS = 100
MAX_DOSES_A_DAY = 200
_VERSIONED = ("item_seq", "medicine_name", "dose_unit", "dose_amount", "notes", "time_zone", "rule", "ingredients")


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as the serializer checked it: `content` by PlanVersion's columns, `given` the rule's input."""

    content: Mapping[str, Any]
    given: Mapping[str, Any]
    stock: Mapping[str, Any] | None = None
    tags: tuple[str, ...] | None = None


def named(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with the product's name from the catalogue. Raises InvalidBody for an item_seq that is not there."""
    item_seq = content["item_seq"]
    if not item_seq:
        return dict(content)
    name = names_of(item_seqs=[item_seq]).get(item_seq)
    if name is None:
        detail = "그런 의약품이 없어요. 품목기준코드(item_seq)를 확인하거나 이름(medicine_name)으로 적어 주세요."
        raise InvalidBody(errors=[FieldError("item_seq", "unknown", detail)])
    return {**content, "medicine_name": content["medicine_name"] or name[:200]}


@transaction.atomic
def create_plan(*, person: Person, draft: Draft) -> Plan:
    now, seq = timezone.now(), next_change(person.id)
    version = _version(draft, person, now)
    _check_room(person.id, version.per_day)
    plan = Plan.objects.create(user_id=person.id, created_at=now)
    version.plan, version.number = plan, 1
    version.save(force_insert=True)
    _attach(plan, draft, person)
    _write(version, person, seq, now)
    stocks.schedule_check(plan=plan, person=person)
    return plan


@transaction.atomic
def change_plan(*, person: Person, plan: Plan, draft: Draft) -> Plan:
    """Close the version in force and open the next when the plan itself changed; stock and tags have no versions."""
    now, seq = timezone.now(), next_change(person.id)
    plan = _locked(plan)
    old = plan.versions.get(valid_until=None)
    new = _version(draft, person, now)
    if _differs(old, new):
        _check_room(person.id, new.per_day - old.per_day, new=False)
        _open_version(plan, old, new, now)
        _write(new, person, seq, now)
    _attach(plan, draft, person)
    plan.revision += 1
    plan.save()
    stocks.schedule_check(plan=plan, person=person)
    return plan


@transaction.atomic
def end_plan(*, person: Person, plan: Plan) -> None:
    """Its history stays; its open intakes ahead go."""
    now, seq = timezone.now(), next_change(person.id)
    plan = _locked(plan)
    plan.versions.filter(valid_until=None).update(valid_until=now)
    Plan.objects.filter(pk=plan.pk).update(deleted_at=now, stock_check_at=None, revision=plan.revision + 1)
    drop_ahead(plan_id=plan.pk, seq=seq, now=now)


def _locked(plan: Plan) -> Plan:
    """The plan as it is now, under the person's clock. Raises NotFound, Conflict (it changed since)."""
    now = Plan.objects.filter(pk=plan.pk, deleted_at=None).first()
    if now is None:
        raise NotFound("그런 복약 계획이 없어요.")
    if now.revision != plan.revision:
        raise Conflict("그사이 다른 곳에서 계획이 바뀌었어요. 새로 불러온 뒤 다시 시도해 주세요.")
    return now


def _version(draft: Draft, person: Person, now: datetime) -> PlanVersion:
    version = PlanVersion(**named(draft.content), valid_from=now)
    zone = zone_for(version, person)
    version.rule = rules.stored(draft.given, zone=zone, meals=person.meals, now=now)
    version.per_day = rules.doses_a_day(version.rule)
    return version


def _check_room(user_id: UUID, per_day: int, *, new: bool = True) -> None:
    """Bounded work: so many plans, and so many doses on the fullest day of all of them."""
    loads = list(
        PlanVersion.objects.filter(plan__user_id=user_id, plan__deleted_at=None, valid_until=None).values_list(
            "per_day", flat=True
        )
    )
    if new and len(loads) >= MAX_PLANS:
        raise Conflict(f"복약 계획은 {MAX_PLANS}개까지 만들 수 있어요. 끝난 계획을 지우고 다시 시도해 주세요.")
    if sum(loads) + per_day > MAX_DOSES_A_DAY:
        raise Conflict(f"하루 복용은 모두 합쳐 {MAX_DOSES_A_DAY}번까지 계획할 수 있어요.")


def _attach(plan: Plan, draft: Draft, person: Person) -> None:
    if draft.tags is not None:
        plan.tags.set(tags_named(user_id=person.id, names=draft.tags))
    if draft.stock is not None:
        stocks.set_stock(plan=plan, given=draft.stock)


def _differs(old: PlanVersion, new: PlanVersion) -> bool:
    return any(_content(old, name) != _content(new, name) for name in _VERSIONED)


def _content(version: PlanVersion, name: str) -> Any:
    """Anchors hold the time of saving, which is no change by itself."""
    value = getattr(version, name)
    return {key: value[key] for key in value if key in rules.GIVEN} if name == "rule" else value


def _open_version(plan: Plan, old: PlanVersion, new: PlanVersion, now: datetime) -> None:
    PlanVersion.objects.filter(pk=old.pk).update(valid_until=now)
    if all(old.rule.get(name) == new.rule.get(name) for name in rules.GIVEN):
        new.rule = old.rule
    plan.version += 1
    new.plan, new.number = plan, plan.version
    new.save(force_insert=True)


def _write(version: PlanVersion, person: Person, seq: int, now: datetime) -> None:
    if version.per_day:
        Planner(version, person, seq, now).write()
    else:
        drop_ahead(plan_id=version.plan_id, seq=seq, now=now)
