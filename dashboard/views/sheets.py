"""`/sheet`: what a person takes and how it was kept, for the doctor; as a page, a PDF and a table."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from core.errors import NotFound, invalid
from dashboard.local import now_of, owner, read_day
from dashboard.page import page, show, signed_in
from schedules import sheet_pdf
from schedules.selectors import adherence, plans
from schedules.selectors import sheet as selectors
from schedules.selectors.people import Person

_DAYS, _MOST = 30, 92
_SHORTCUTS = ((7, "지난 7일"), (30, "지난 30일"), (90, "지난 90일"))
_FILES = {
    "pdf": ("application/pdf", sheet_pdf.as_pdf),
    "csv": ("text/csv; charset=utf-8", selectors.as_csv),
}


@page()
@signed_in
def sheet(request: HttpRequest) -> HttpResponse:
    """A period that cannot be shown is told beside its fields; the last 30 days stand below."""
    who = owner(request)
    first, last, refused = _period(request, who)
    values = {
        "plans": plans.plans(person=who),
        "kept": adherence.adherence(user_id=who.id, first=first, last=last, zone=who.zone),
        "first": first,
        "last": last,
        "refused": refused,
        "shortcuts": [(_query(_back(last_day(who), days), last_day(who)), label) for days, label in _SHORTCUTS],
        "query": _query(first, last),
    }
    return show(request, "dashboard/sheet.html", values, status=400 if refused else 200)


@page()
@signed_in
def download(request: HttpRequest, form: str) -> HttpResponse:
    if form not in _FILES:
        raise NotFound
    who = owner(request)
    first, last, refused = _period(request, who)
    if refused:
        raise invalid("from", "range", refused)
    mime, make = _FILES[form]
    response = HttpResponse(make(selectors.sheet(who, first=first, last=last)), content_type=mime)
    response.headers["Content-Disposition"] = f'attachment; filename="pilling-{datetime.now(who.zone):%Y%m%d}.{form}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def last_day(who: Person) -> date:
    return now_of(who).date()


def _period(request: HttpRequest, who: Person) -> tuple[date, date, str]:
    """First and last day, both included, and what is wrong with those that were asked for."""
    today = last_day(who)
    usual: Any = (_back(today, _DAYS), today)
    asked = [request.GET.get(name, "") for name in ("from", "to")]
    if not any(asked):
        return *usual, ""
    first, last = (read_day(text) for text in asked)
    if first is None or last is None:
        return *usual, "시작하는 날과 끝나는 날을 모두 골라 주세요."
    if last < first:
        return *usual, "끝나는 날이 시작하는 날보다 빨라요."
    if (last - first).days >= _MOST:
        return *usual, f"한 번에 {_MOST}일까지 볼 수 있어요."
    return first, last, ""


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days - 1)


def _query(first: date, last: date) -> str:
    return urlencode({"from": first.isoformat(), "to": last.isoformat()})
