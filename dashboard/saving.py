"""A plan as the editor's form has it: looked at ahead, made, or changed as a new version."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.urls import reverse

from core.errors import Conflict, FieldError, InvalidBody
from dashboard.plan_editor import errors_by_place
from dashboard.plan_input import Typed, to_plan, to_typed
from schedules import drafts
from schedules.selectors import plans, sheet
from schedules.selectors.feed import number
from schedules.selectors.people import Person
from schedules.services import plans as services
from schedules.services.tags import create_tag

_LOOKED_AT = 12
_NEVER = "이대로면 먹을 때가 한 번도 없어요. 날짜와 요일을 확인해 주세요."


def as_typed(plan: Any, who: Person) -> Typed:
    """A plan in the editor's fields, its stock among them."""
    typed = to_typed(plans.as_input(plan, who))
    if plan.stock is not None:
        typed["stock"] = typed["stock_was"] = str(number(max(plan.stock, 0)))
    typed["warn_days"] = typed["warn_was"] = "" if plan.stock_warn_days is None else str(plan.stock_warn_days)
    return typed


def save(typed: Typed, who: Person, plan: Any) -> str:
    """Where to go from there. Raises InvalidBody, Conflict (it changed since the form was opened)."""
    attrs = _checked(_data(typed, who, plan))
    draft = drafts.drafted(attrs, who, plan=plan, stock="stock" in attrs)
    if new_tag := typed.get("new_tag", "").strip():
        # One that is there already is just as good.
        with suppress(Conflict):
            create_tag(user_id=who.id, name=new_tag)
    if plan is None:
        services.create_plan(person=who, draft=draft)
    else:
        revision = typed.get("revision", "")
        plan.revision = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < 10 else -1
        services.change_plan(person=who, plan=plan, draft=draft)
    return reverse("plans-page")


def _checked(data: dict[str, Any]) -> Any:
    """A missing name is told together with all else, not only once that is right."""
    try:
        return drafts.plan(data)
    except InvalidBody as problem:
        if any(data.get(name) for name in ("medicine_name", "item_seq")):
            raise
        raise InvalidBody(
            errors=[*problem.errors, FieldError("medicine_name", "required", "약 이름을 적어 주세요.")]
        ) from None


def look(typed: Typed, who: Person, plan: Any) -> dict[str, Any]:
    """What a draft would do, in words and dates; `refused` says what is missing so far."""
    try:
        attrs = drafts.plan({"medicine_name": "약", **to_plan(typed, _kept(plan, who))})
    except InvalidBody as problem:
        return {"refused": next(iter(errors_by_place(problem.errors).values()), problem.detail)}
    found = drafts.previewed(attrs, who)
    if not found["fires"]:
        return {"refused": _NEVER}
    return {
        "how": sheet.how(attrs),
        "as_needed": "as_needed" in attrs,
        "results": [one | {"at": datetime.fromisoformat(one["at"])} for one in found["results"][:_LOOKED_AT]],
        "more": found["more"] or len(found["results"]) > _LOOKED_AT,
        "unit": attrs["dose"]["unit"],
    }


def _data(typed: Typed, who: Person, plan: Any) -> dict[str, Any]:
    data = to_plan(typed, _kept(plan, who))
    if new_tag := typed.get("new_tag", "").strip():
        data["tags"] = [*data["tags"], new_tag] if new_tag not in data["tags"] else data["tags"]
    return data | _stock(typed, plan)


def _stock(typed: Typed, plan: Any) -> dict[str, Any]:
    """{} when nothing about it was changed: what is taken meanwhile must not be given back."""
    amount, warn = (typed.get(name, "").strip() for name in ("stock", "warn_days"))
    was = typed.get("stock_was", ""), typed.get("warn_was", "")
    if (amount, warn) == was or (plan is None and not amount):
        return {}
    if plan is not None and plan.stock is not None and amount == was[0]:
        amount = str(max(plan.stock, 0))
    days = int(warn) if warn.isascii() and warn.isdigit() and len(warn) < 10 else warn or None
    return {"stock": {"amount": amount or None, "warn_days": days, **_warn_time(plan)}}


def _warn_time(plan: Any) -> dict[str, str]:
    return {"warn_time": plan.stock_warn_time} if plan is not None else {}


def _kept(plan: Any, who: Person) -> dict[str, Any]:
    """The plan that is edited, for what the form has no fields for."""
    return plans.as_input(plan, who) if plan else {}
