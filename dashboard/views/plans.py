"""`/plans`: the medicines of a person; one is made and changed by one form, with a look ahead."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.errors import Conflict, InvalidBody, NotFound
from dashboard import saving
from dashboard.local import now_of, owner
from dashboard.once import FIELD, new_key, once
from dashboard.page import page, show, signed_in
from dashboard.plan_editor import editor, errors_by_place
from dashboard.plan_input import Typed, to_typed
from medicines.selectors.cards import names_of
from schedules import drafts
from schedules.selectors import plans as selectors
from schedules.selectors.people import Person
from schedules.services import plans as services
from schedules.services import stock

_SAVED = {True: "약을 넣었어요.", False: "바꾼 대로 저장했어요. 지난 기록은 그대로 있어요."}
_NEW = {"form": ["times"], "end": ["none"], "amount": ["1"], "unit": ["정"], "meal": []}


@page()
@signed_in
def plans(request: HttpRequest) -> HttpResponse:
    found = selectors.plans(person=owner(request))
    return show(request, "dashboard/plans.html", {"plans": found})


@page("GET", "POST")
@signed_in
def new(request: HttpRequest) -> HttpResponse:
    who = owner(request)
    if request.method == "POST":
        return _posted(request, who, None)
    typed = Typed(_NEW | {"starts_on": [now_of(who).date().isoformat()]} | _wished(request.GET.get("item_seq", "")))
    return _form(request, who, typed, None)


@page("GET", "POST")
@signed_in
def one(request: HttpRequest, id_: UUID) -> HttpResponse:
    who = owner(request)
    plan = selectors.get_plan(user_id=who.id, id_=id_)
    if request.method == "POST":
        return _posted(request, who, plan)
    typed = saving.as_typed(plan, who)
    return _form(request, who, typed, plan, look=saving.look(typed, who, plan))


@page("POST")
@signed_in
def preview(request: HttpRequest) -> HttpResponse:
    """The part that htmx fetches while the form is filled in."""
    who = owner(request)
    return show(request, "dashboard/_preview.html", {"look": saving.look(request.POST, who, _edited(request, who))})


@page("POST")
@signed_in
def refill(request: HttpRequest, id_: UUID) -> HttpResponse:
    who = owner(request)
    plan = selectors.get_plan(user_id=who.id, id_=id_)
    try:
        amount = drafts.refill({"amount": request.POST.get("amount", "")})["amount"]
    except InvalidBody:
        return _form(request, who, saving.as_typed(plan, who), plan, errors={"refill": "더한 수를 숫자로 적어 주세요."})
    _, again = once(request, lambda: _refilled(plan, amount, who))
    messages.info(request, "이미 더했어요." if again else "남은 약에 더했어요.")
    return redirect(reverse("plan-page", args=[id_]) + "#stock")


@page("POST")
@signed_in
def end(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Its history stays. One that ended already is as good as ended."""
    who = owner(request)
    try:
        services.end_plan(person=who, plan=selectors.get_plan(user_id=who.id, id_=id_))
        messages.info(request, "이제 이 약은 일정에 나오지 않아요. 지난 기록은 그대로 있어요.")
    except NotFound:
        messages.info(request, "이미 끝난 약이에요.")
    return redirect("plans-page")


def _edited(request: HttpRequest, who: Person) -> Any:
    """The plan whose form this is; None for a new one."""
    try:
        return selectors.get_plan(user_id=who.id, id_=UUID(request.POST.get("plan", "")))
    except (ValueError, NotFound):
        return None


def _refilled(plan: Any, amount: Any, who: Person) -> str:
    stock.refill(plan=plan, amount=amount, person=who)
    return reverse("plan-page", args=[plan.pk])


def _posted(request: HttpRequest, who: Person, plan: Any) -> HttpResponse:
    typed, do = request.POST, request.POST.get("do", "save")
    if do in ("more-times", "more-phases"):
        return _form(request, who, typed, plan, more=do.removeprefix("more-"))
    if do == "look":
        return _form(request, who, typed, plan, look=saving.look(typed, who, plan))
    try:
        where, again = once(request, lambda: saving.save(typed, who, plan))
    except InvalidBody as problem:
        errors = errors_by_place(problem.errors) or {"all": problem.detail}
        return _form(request, who, typed, plan, errors=errors, status=400)
    except Conflict as problem:
        # With the plan as it is now: to save again is to choose what was typed.
        fresh = selectors.get_plan(user_id=who.id, id_=plan.pk) if plan else None
        return _form(request, who, typed, fresh, errors={"all": _against(problem, plan)}, status=409)
    messages.info(request, "이미 저장했어요." if again else _SAVED[plan is None])
    return redirect(where)


def _against(problem: Conflict, plan: Any) -> str:
    kept = " 아래에는 방금 적은 것이 그대로 있어요. 이대로 바꾸려면 다시 저장하세요." if plan else ""
    return problem.detail + kept


def _wished(item_seq: str) -> dict[str, list[str]]:
    """A product of the catalogue that a medicine's page led here with."""
    if not (item_seq.isascii() and item_seq.isdigit() and len(item_seq) <= 20):
        return {}
    name = names_of(item_seqs=[item_seq]).get(item_seq)
    return {"item_seq": [item_seq], "medicine_name": [name[:200]]} if name else {}


def _form(
    request: HttpRequest,
    who: Person,
    typed: Typed,
    plan: Any,
    *,
    errors: dict[str, str] | None = None,
    more: str = "",
    look: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = selectors.as_dict(plan, who) if plan else None
    has_keep = shown is not None and to_typed(selectors.as_input(plan, who)).get("form") == "keep"
    values = {
        **editor(typed, selectors.tags(user_id=who.id), has_keep=has_keep, more=more),
        "plan": shown,
        "revision": plan.revision if plan else "",
        "errors": errors or {},
        "look": look,
        FIELD: new_key(),
    }
    return show(request, "dashboard/plan.html", values, status=400 if errors and status == 200 else status)
