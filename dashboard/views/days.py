"""`/today`, `/days/{date}`, `/calendar`: the doses of a day, ticked with and without JavaScript, and of a month."""

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from core.errors import FieldError, InvalidBody, NotFound
from dashboard import months, ticking
from dashboard.days import day
from dashboard.local import now_of, owner, read_day, read_moment
from dashboard.once import new_key, once
from dashboard.page import by_htmx, page, show, signed_in
from schedules import drafts
from schedules.selectors.people import Person
from schedules.services import intakes

_AGAIN = "방금 적은 것과 같아서 한 번만 적었어요."
_MOST_TOGETHER = 50
_TIMES = ("at", "completed_at", "scheduled_time")


@page()
@signed_in
def today(request: HttpRequest) -> HttpResponse:
    who = owner(request)
    return _show(request, who, now_of(who).date())


@page()
@signed_in
def one_day(request: HttpRequest, on: str) -> HttpResponse:
    """Today has one address alone, so that it is kept offline by it."""
    who, wanted = owner(request), read_day(on)
    if wanted is None:
        raise NotFound("그런 날짜가 없어요.")
    if wanted == now_of(who).date() and not by_htmx(request):
        return redirect("today")
    return _show(request, who, wanted)


@page("POST")
@signed_in
def dose(request: HttpRequest, id_: UUID) -> HttpResponse:
    """Tick, skip, undo or take away one dose. Sent twice it is as good as once; of two phones the first wins."""
    who = owner(request)
    try:
        told = ticking.act(who, id_, do=request.POST.get("do", ""), seen=request.POST.get("seen", ""), at=_at(request))
    except InvalidBody as problem:
        return _refused(request, who, f"dose-{id_}", problem)
    return _back(request, who, told, f"dose-{id_}")


@page("POST")
@signed_in
def together(request: HttpRequest) -> HttpResponse:
    """All doses of one moment by one tap."""
    who = owner(request)
    for text in request.POST.getlist("id")[:_MOST_TOGETHER]:
        ticking.act(who, _uuid(text), do="taken", seen="", at="")
    return _back(request, who, "", "day")


@page("POST")
@signed_in
def take(request: HttpRequest) -> HttpResponse:
    """Write down what was taken: a medicine taken as needed (`plan_id`), or any by name."""
    who = owner(request)
    try:
        _, again = once(request, lambda: _written(request, who))
    except InvalidBody as problem:
        return _refused(request, who, "write-down", problem)
    return _back(request, who, _AGAIN if again else "적었어요.", "day")


@page()
@signed_in
def calendar(request: HttpRequest) -> HttpResponse:
    who = owner(request)
    return show(request, "dashboard/calendar.html", {"month": months.month(who, request.GET.get("month", ""))})


def _at(request: HttpRequest) -> str:
    return request.POST.get("at", "")


def _written(request: HttpRequest, who: Person) -> str:
    at = _at(request)
    when = read_moment(at, who) if at else now_of(who)
    names = ("plan_id", "medicine_name", "notes")
    given = {name: request.POST[name] for name in names if request.POST.get(name, "").strip()}
    if "plan_id" not in given and "medicine_name" not in given:
        detail = "무슨 약인지 적어 주세요."
        raise InvalidBody(detail, errors=[FieldError("medicine_name", "required", detail)])
    intakes.write_down(person=who, given=drafts.intake(given | {"completed_at": when.isoformat()}))
    return reverse("today")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("그런 복용 기록이 없어요.") from None


def _back(request: HttpRequest, who: Person, told: str, place: str) -> HttpResponse:
    """To the day that the form stood on: by htmx the day itself, else its address."""
    if told:
        messages.info(request, told)
    on = _day_of(request, who)
    if by_htmx(request):
        return _show(request, who, on)
    address = reverse("today") if on == now_of(who).date() else reverse("one-day", args=[on.isoformat()])
    return redirect(f"{address}#{place}")


def _refused(request: HttpRequest, who: Person, place: str, problem: InvalidBody) -> HttpResponse:
    """The day with what is wrong beside its field, and what was typed in it."""
    refused = {
        "place": place,
        "detail": problem.errors[0].detail if problem.errors else problem.detail,
        "is_time": any(error.field in _TIMES for error in problem.errors),
        "typed": request.POST,
    }
    # htmx shows answers of 2xx alone.
    return _show(request, who, _day_of(request, who), refused=refused, status=200 if by_htmx(request) else 400)


def _day_of(request: HttpRequest, who: Person) -> date:
    return read_day(request.POST.get("day", "")) or now_of(who).date()


def _show(request: HttpRequest, who: Person, on: date, *, refused: object = None, status: int = 200) -> HttpResponse:
    values = {"day": day(who, on), "form_key": new_key(), "refused": refused}
    template = "dashboard/_day.html" if by_htmx(request) else "dashboard/day.html"
    return show(request, template, values, status=status)
