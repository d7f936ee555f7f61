"""What the schema says of these endpoints: decorators that drf-spectacular reads. Nothing here answers a request."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.pagination import MAX_LIMIT
from core.schema import problems, response_headers
from schedules import intake_serializers, serializers
from schedules import schema_examples as examples

Handler = TypeVar("Handler", bound=Callable[..., Any])

_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="읽거나 만들 때 받은 ETag, 또는 *")
_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="지난 답의 ETag")
_UNCHANGED = {304: OpenApiResponse(description="If-None-Match로 보낸 것 그대로")}
_MOMENT = "날짜(2026-11-26)나 시간대가 붙은 시각"


def _param(name: str, description: str, schema: Any = str) -> OpenApiParameter:
    return OpenApiParameter(name, schema, description=description)


def _op(
    operation_id: str,
    summary: str,
    answer: Any = None,
    *,
    status: int = 200,
    request: Any = None,
    params: Sequence[OpenApiParameter] = (),
    errors: Sequence[str] = (),
    match: bool = False,
    cached: bool = False,
) -> Callable[[Handler], Handler]:
    """An operation that is signed in; `match`: takes If-Match; `cached`: takes If-None-Match."""
    headers = response_headers(("ETag",), (status, 304) if cached else (status,)) if answer is not None else []
    given = [*params, *headers, *([_MATCH] if match else []), *([_NONE_MATCH] if cached else [])]
    told = ("not-authenticated", *(("precondition-failed",) if match else ()), *errors)
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        parameters=given,
        request=request,
        responses={status: answer, **(_UNCHANGED if cached else {}), **problems(*told)},
    )


_PERIOD = (_param("from", "첫 날 (2026-11-01)", OpenApiTypes.DATE), _param("to", "마지막 날", OpenApiTypes.DATE))
_WINDOW = (
    _param("from", f"{_MOMENT}. 없으면 하루 전"),
    _param("to", f"{_MOMENT}. from부터 62일까지. 없으면 30일 뒤"),
    _param("since", "지난 답의 sync_token. 그 뒤로 바뀐 것과 지워진 것(deleted)만"),
)

_PAGES = (
    _param("limit", f"1-{MAX_LIMIT}", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": MAX_LIMIT}),
    _param("cursor", "next나 previous에 든 값"),
)


def _list(operation_id: str, summary: str, answer: Any) -> Callable[[Handler], Handler]:
    return _op(operation_id, summary, answer, params=_PAGES, errors=("invalid-query",), cached=True)


list_plans = _list("list_plans", "복약 계획 목록", examples.PLANS)
create_plan = _op(
    "create_plan", "복약 계획 세우기", examples.PLAN, status=201, request=serializers.PlanInput,
    errors=("invalid-body", "conflict"),
)  # fmt: skip
get_plan = _op("get_plan", "복약 계획 하나", examples.PLAN, errors=("not-found",), cached=True)
change_plan = _op(
    "change_plan", "복약 계획 고치기: 지난 기록은 그대로", examples.PLAN, request=serializers.PlanPatch,
    errors=("invalid-body", "not-found", "conflict"), match=True,
)  # fmt: skip
end_plan = _op("end_plan", "복약 계획 끝내기", status=204, errors=("not-found", "conflict"), match=True)
preview_plan = _op(
    "preview_plan",
    "저장하기 전에 날짜 보기",
    examples.PREVIEW,
    request=serializers.PlanInput,
    errors=("invalid-body",),
)
refill = _op(
    "refill_plan",
    "약 채우기",
    examples.REFILLED,
    request=serializers.RefillInput,
    errors=("invalid-body", "not-found", "conflict"),
)
next_dose = _op(
    "get_next_dose", "다음 복용 가능 시각", examples.NEXT_DOSE, errors=("not-found", "conflict"), cached=True
)

list_intakes = _op(
    "list_schedules", "복용 일정과 기록", examples.FEED, params=_WINDOW, errors=("invalid-query", "gone"), cached=True
)
create_intake = _op(
    "create_schedule", "한 번의 복용 적기", examples.BY_HAND, status=201, request=intake_serializers.IntakeInput,
    errors=("invalid-body", "not-found"),
)  # fmt: skip
get_intake = _op("get_schedule", "복용 하나", examples.TAKEN, errors=("not-found",), cached=True)
change_intake = _op(
    "change_schedule", "복용 기록 고치기", examples.NOTED, request=intake_serializers.IntakeChange,
    errors=("invalid-body", "not-found", "conflict"), match=True,
)  # fmt: skip
delete_intake = _op(
    "delete_schedule", "손으로 적은 복용 지우기", status=204, errors=("not-found", "conflict"), match=True
)
_TICK = {"request": intake_serializers.TickInput, "errors": ("invalid-body", "not-found")}
complete = _op("complete_schedule", "먹었다고 표시", examples.TAKEN, **_TICK)  # type: ignore[arg-type]
skip = _op("skip_schedule", "건너뛰었다고 표시", examples.SKIPPED, **_TICK)  # type: ignore[arg-type]
undo = _op(
    "undo_schedule", "표시 되돌리기", examples.PLANNED, request=intake_serializers.TickInput,
    errors=("invalid-body", "not-found", "conflict"),
)  # fmt: skip
today = _op("list_schedules_today", "오늘의 복용", examples.TODAY, cached=True)

adherence = _op(
    "get_adherence", "얼마나 지켰는지", examples.ADHERENCE, params=_PERIOD, errors=("invalid-query",), cached=True
)
make_calendar = _op(
    "make_calendar", "달력 주소 만들기: 앞의 주소는 못 쓰게 됨", examples.CALENDAR, status=201,
    request=serializers.CalendarInput, errors=("invalid-body",),
)  # fmt: skip
revoke_calendar = _op("revoke_calendar", "달력 주소 없애기", status=204, errors=("not-found",), match=True)
doctor_sheet = extend_schema(
    operation_id="get_doctor_sheet",
    summary="진료실에 가져갈 기록",
    parameters=[_param("format", "꼴", {"type": "string", "enum": ["pdf", "csv", "fhir"], "default": "pdf"})],
    responses={
        (200, "application/pdf"): examples.SHEET_PDF,
        (200, "text/csv"): examples.SHEET_CSV,
        (200, "application/fhir+json"): examples.SHEET_FHIR,
        **problems("not-authenticated", "invalid-query"),
    },
)

list_tags = _list("list_tags", "태그 목록", examples.TAGS)
create_tag = _op(
    "create_tag", "태그 만들기", examples.TAG, status=201, request=serializers.TagInput,
    errors=("invalid-body", "conflict"),
)  # fmt: skip
delete_tag = _op("delete_tag", "태그 지우기", status=204, errors=("not-found",), match=True)

list_devices = _list("list_devices", "알림을 받는 기기", examples.DEVICES)
register_device = extend_schema(
    operation_id="register_device",
    summary="기기 등록",
    request=serializers.DeviceInput,
    responses={
        200: examples.DEVICE,
        201: examples.DEVICE,
        **problems("not-authenticated", "invalid-body", "conflict"),
    },
)
remove_device = _op("remove_device", "기기 지우기", status=204, errors=("not-found",), match=True)
list_carers = _list("list_carers", "보호자와 돌보는 사람", examples.CARERS)
invite_carer = _op(
    "invite_carer", "보호자 초대: 코드는 이번 한 번만 보임", examples.INVITED_CARER, status=201,
    request=serializers.CarerInput, errors=("invalid-body", "conflict"),
)  # fmt: skip
accept_carer = _op(
    "accept_carer",
    "초대 받기",
    examples.ACCEPTED_CARER,
    request=serializers.CodeInput,
    errors=("invalid-body", "not-found"),
)
revoke_carer = _op("revoke_carer", "보호자 그만두기", status=204, errors=("not-found",), match=True)
revoke_carers = _op(
    "revoke_carers",
    "내 보호자와 초대를 모두 그만두기",
    status=204,
    errors=("invalid-query", "invalid-body"),
    match=True,
)


class CalendarFile(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="get_calendar_file",
        summary="달력 프로그램이 읽는 복약 일정 (iCalendar)",
        parameters=[OpenApiParameter("token", str, OpenApiParameter.PATH, description="POST /calendar가 준 주소의 값")],
        responses={(200, "text/calendar"): examples.CALENDAR_FILE, **problems("not-found", "throttled", "unavailable")},
    )
    def get(self, request: Request, token: str) -> Response:
        return Response()
