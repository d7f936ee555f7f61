"""`/schedules`: the intakes themselves."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_date, parse_datetime
from rest_framework.request import Request

from core.api import query
from core.errors import invalid
from core.pagination import envelope
from core.preconditions import check_state, has_condition
from core.private import answer
from schedules import schema
from schedules.intake_serializers import IntakeChange, IntakeInput, TickInput
from schedules.selectors import feed
from schedules.selectors.people import Person
from schedules.services import intakes, planning
from schedules.views.base import View, nothing, read

MAX_WINDOW = timedelta(days=62)
_BACK, _AHEAD = timedelta(days=1), timedelta(days=30)


class Intakes(View):
    @schema.list_intakes
    def get(self, request: Request) -> HttpResponse:
        person = self.person
        window = read_window(request._request, person)
        planning.keep_filled(person)
        return answer(request, feed.feed(user_id=person.id, window=window))

    @schema.create_intake
    def post(self, request: Request) -> HttpResponse:
        row = intakes.write_down(person=self.person, given=read(request, IntakeInput))
        return _shown(request, row, status=201)


class OneIntake(View):
    @schema.get_intake
    def get(self, request: Request, id_: UUID) -> HttpResponse:
        return _shown(request, intakes.get_intake(user_id=self.me, id_=id_))

    @schema.change_intake
    def patch(self, request: Request, id_: UUID) -> HttpResponse:
        seen = self._seen(request, id_)
        return _shown(request, intakes.change(user_id=self.me, id_=id_, given=read(request, IntakeChange), seen=seen))

    @schema.delete_intake
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        intakes.delete(user_id=self.me, id_=id_, seen=self._seen(request, id_))
        return nothing()

    def _seen(self, request: Request, id_: UUID) -> int | None:
        """The change that the client has seen, by its If-Match."""
        if not has_condition(request._request):
            return None
        row = intakes.get_intake(user_id=self.me, id_=id_)
        check_state(request._request, _state(row))
        return row.changed_seq


class Complete(View):
    @schema.complete
    def post(self, request: Request, id_: UUID) -> HttpResponse:
        at = read(request, TickInput).get("at")
        return _shown(request, intakes.complete(user_id=self.me, id_=id_, at=at))


class Skip(View):
    @schema.skip
    def post(self, request: Request, id_: UUID) -> HttpResponse:
        at = read(request, TickInput).get("at")
        return _shown(request, intakes.skip(user_id=self.me, id_=id_, at=at))


class Undo(View):
    @schema.undo
    def post(self, request: Request, id_: UUID) -> HttpResponse:
        read(request, TickInput)
        return _shown(request, intakes.undo(user_id=self.me, id_=id_))


class Today(View):
    @schema.today
    def get(self, request: Request) -> HttpResponse:
        query(request._request, ("",))
        person = self.person
        planning.keep_filled(person)
        day = datetime.now(person.zone).date()
        start, end = local_day(day, person), local_day(day + timedelta(days=1), person)
        rows = feed.today(user_id=person.id, start=start, end=end)
        return answer(request, envelope(rows) | {"date": day.isoformat(), "time_zone": person.zone.key})


def local_day(day: Any, person: Person) -> datetime:
    return datetime.combine(day, time(), tzinfo=person.zone)


def read_window(request: HttpRequest, person: Person) -> feed.Window:
    """`from` (yesterday) and `to` (30 days ahead), at most 62 days; `since`. Raises InvalidQuery."""
    params = query(request, ("from", "to", "since"))
    now = datetime.now(person.zone)
    start = _moment(params, "from", person) or now - _BACK
    end = _moment(params, "to", person) or max(start, now) + _AHEAD
    if end <= start:
        raise invalid("to", "order", "끝(to)이 시작(from)보다 빨라요.")
    if end - start > MAX_WINDOW:
        raise invalid("to", "range", "한 번에 62일까지 볼 수 있어요.")
    if "since" not in params:
        return feed.Window(start, end)
    return feed.Window(start, end, *feed.read_token(person.id, params["since"]))


def _moment(params: dict[str, str], name: str, person: Person) -> datetime | None:
    """A local date of the person's, or an instant with its offset."""
    if name not in params:
        return None
    text = params[name]
    if " " in text:
        raise invalid(name, "plus", "시각의 +가 빈칸이 되었어요. %2B로 바꿔 보내 주세요.")
    try:
        if len(text) == 10 and (day := parse_date(text)):
            moment: datetime | None = local_day(day, person)
        else:
            moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid(
            name, "format", "날짜(2026-11-26)나 시간대가 붙은 시각(2026-11-26T09:00:00+09:00)으로 적어 주세요."
        )
    if not 2000 <= moment.year <= 2100:
        raise invalid(name, "range", "2000년부터 2100년까지만 볼 수 있어요.")
    return moment


def _shown(request: Request, row: Any, *, status: int = 200) -> HttpResponse:
    return answer(request, feed.intake(row), status=status, state=_state(row))


def _state(row: Any) -> str:
    return f"{row.pk.hex[:12]}-{row.changed_seq}"
