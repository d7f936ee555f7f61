"""`/adherence`, `/calendar`, `/doctor-sheet`, `/plans/{id}/next-dose`: the record, read in other shapes."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from core.api import plain_view, query
from core.errors import Conflict, NotFound, invalid
from core.preconditions import check_state
from core.private import answer
from schedules import calendars, schema, sheet_fhir, sheet_pdf
from schedules.selectors import adherence, as_needed, feed, plans, sheet
from schedules.selectors.people import Person, person
from schedules.serializers import CalendarInput
from schedules.services import calendar_links, planning
from schedules.services.carers import digest_of
from schedules.views.base import View, nothing, read

MAX_DAYS = 366
_CALENDAR_BACK, _CALENDAR_AHEAD = timedelta(days=7), timedelta(days=30)
_SHEETS = {
    "pdf": ("application/pdf", sheet_pdf.as_pdf),
    "csv": ("text/csv; charset=utf-8", sheet.as_csv),
    "fhir": (sheet_fhir.MIME, sheet_fhir.as_fhir),
}


def _accepted(form: str) -> type[BaseRenderer]:
    """A kind that a client may ask for by `Accept`; which it gets, the query's `format` alone says."""
    return type("Sheet", (BaseRenderer,), {"media_type": _SHEETS[form][0].partition(";")[0], "format": form})


class NextDose(View):
    @schema.next_dose
    def get(self, request: Request, id_: UUID) -> HttpResponse:
        owner = self.person
        plan = plans.get_plan(user_id=owner.id, id_=id_)
        version = plans.in_force(plan)
        if "as_needed" not in version.rule:
            raise Conflict("필요할 때 먹는 약에만 물어볼 수 있어요. 시각이 정해진 약은 일정에서 확인해 주세요.")
        return answer(request, as_needed.next_dose(plan=plan, version=version, person=owner))


class Adherence(View):
    @schema.adherence
    def get(self, request: Request) -> HttpResponse:
        owner = self.person
        first, last = _period(request._request, owner)
        told = adherence.adherence(user_id=owner.id, first=first, last=last, zone=owner.zone)
        return answer(request, told)


class CalendarAddress(View):
    @schema.make_calendar
    def post(self, request: Request) -> HttpResponse:
        token = calendar_links.make_link(user_id=self.me, **read(request, CalendarInput))
        url = request.build_absolute_uri(f"/api/v1/calendar/{token}.ics")
        state = calendar_links.state_of(digest_of(token))
        return answer(request, {"url": url}, status=201, state=state)

    @schema.revoke_calendar
    def delete(self, request: Request) -> HttpResponse:
        calendar_links.revoke_link(
            user_id=self.me,
            check=lambda link: check_state(request._request, calendar_links.state_of(link.token_digest)),
        )
        return nothing()


class DoctorSheet(View):
    renderer_classes = (JSONRenderer, *map(_accepted, _SHEETS))

    @schema.doctor_sheet
    def get(self, request: Request) -> HttpResponse:
        form = query(request._request, ("format",)).get("format", "pdf")
        if form not in _SHEETS:
            raise invalid("format", "choice", "format은 pdf, csv, fhir 가운데 하나예요.")
        mime, make = _SHEETS[form]
        owner = self.person
        response = HttpResponse(make(sheet.sheet(owner)), content_type=mime)
        suffix = "json" if form == "fhir" else form
        response["Content-Disposition"] = f'attachment; filename="pilling-{datetime.now(owner.zone):%Y%m%d}.{suffix}"'
        response["Cache-Control"] = "no-store"
        return response


@plain_view(scope="calendar", describe=schema.CalendarFile)
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """For calendar programs, which sign in nowhere: the address is the key."""
    link = calendar_links.find_link(token)
    try:
        owner = person(link.user_id)
    except KeyError:
        raise NotFound from None
    planning.keep_filled(owner)
    now = datetime.now(UTC)
    rows = feed.today(user_id=owner.id, start=now - _CALENDAR_BACK, end=now + _CALENDAR_AHEAD)
    body = calendars.calendar(rows, show_medicine_name=link.show_medicine_name, now=now)
    return HttpResponse(
        body, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private, no-store"}
    )


def _period(request: HttpRequest, owner: Person) -> tuple[date, date]:
    """`from` and `to` as local dates, both included; the last 30 days when not given. Raises InvalidQuery."""
    params = query(request, ("from", "to"))
    today = datetime.now(owner.zone).date()
    last = _date(params, "to") or today
    first = _date(params, "from") or last - timedelta(days=29)
    if last < first:
        raise invalid("to", "order", "끝(to)이 시작(from)보다 빨라요.")
    if (last - first).days >= MAX_DAYS:
        raise invalid("to", "range", f"한 번에 {MAX_DAYS}일까지 볼 수 있어요.")
    return first, last


def _date(params: dict[str, str], name: str) -> date | None:
    if name not in params:
        return None
    try:
        day = date.fromisoformat(params[name])
    except ValueError:
        day = None
    if day is None or len(params[name]) != 10:
        raise invalid(name, "format", "날짜는 2026-11-26처럼 적어 주세요.")
    if not 2000 <= day.year <= 2100:
        raise invalid(name, "range", "2000년부터 2100년까지만 볼 수 있어요.")
    return day
