"""What the schema says of the plain views. Nothing here is ever called: drf-spectacular reads it."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.schema import problems, response_headers
from pharmacies.question import DEFAULT_LIMIT, DEFAULT_RADIUS, MAX_ID_DIGITS, MAX_LIMIT, MAX_RADIUS
from pharmacies.serializers import NearestSerializer, OnePharmacySerializer
from pharmacies.wire import LAT_RANGE, LNG_RANGE

_STATUSES = (200, 400, 429, 503)
_HEADERS = [
    *response_headers(("Cache-Control", "X-Cache"), (200,)),
    *response_headers(("X-Request-ID", "Server-Timing"), _STATUSES),
    *response_headers(("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"), _STATUSES),
    *response_headers(("Retry-After",), (200, 429, 503)),
    OpenApiParameter("X-Install-ID", str, OpenApiParameter.HEADER, description="POST /api/v1/installs가 준 값"),
]
_AT = OpenApiParameter(
    "at",
    {"type": "string", "format": "date-time"},
    description="언제 여는지 물을 시각. 시간대를 붙이고, +는 %2B로. 지난 1년부터 앞으로 2년까지. 없으면 지금",
)
_DAY = {"opens": "09:00", "closes": "19:00", "next_day": False}
_ROW: dict[str, Any] = {
    "id": 1,
    "name": "보기약국",
    "address": "서울특별시 중구 세종대로 110",
    "phone": "02-120-0000",
    "lat": 37.5665,
    "lng": 126.978,
    "distance_m": 140.2,
    "state": "unknown",
    "state_reason": "day_not_listed",
    "state_text": "대개 휴무, 전화로 확인하세요.",
    "opens_at": "2026-11-30T09:00:00+09:00",
    "closes_at": None,
    "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _DAY)
    | {"sat": {"opens": "09:00", "closes": "01:00", "next_day": True}, "sun": None, "holiday": None},
    "sources": [
        {"name": "nemc", "as_of": "2026-11-26", "confidence": 1.0},
        {"name": "kakao", "as_of": "2026-11-20", "confidence": 0.97},
    ],
    "as_of": "2026-11-26",
}
_HEAD: dict[str, Any] = {
    "at": "2026-11-29T12:00:00+09:00",
    "holiday": None,
    "notice": "실제 영업시간은 다를 수 있으니 가기 전에 전화로 확인하세요.",
}


def _number(name: str, bounds: tuple[float, float], description: str) -> OpenApiParameter:
    schema = {"type": "number", "minimum": bounds[0], "maximum": bounds[1]}
    return OpenApiParameter(name, schema, required=True, description=description)


def _count(name: str, default: int, most: int, description: str) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return OpenApiParameter(name, schema, description=description)


class _Open(APIView):
    authentication_classes = ()
    permission_classes = ()


class Nearest(_Open):
    @extend_schema(
        operation_id="nearest_pharmacies",
        summary="가까운 약국",
        description=(
            "가까운 순서로, 그 시각에 열었는지(open, closed)나 알 수 없는지(unknown)와 까닭을 함께 답합니다. "
            "적힌 영업시간만이 open이나 closed를 만듭니다. kakao는 카카오에서 이 동네를 확인했는지를 말합니다: "
            "pending이면 Retry-After 뒤에 다시 물어 주세요, down이면 저장된 것만 답했습니다(stale)."
        ),
        parameters=[
            _number("lat", LAT_RANGE, "위도"),
            _number("lng", LNG_RANGE, "경도"),
            _count("radius", DEFAULT_RADIUS, MAX_RADIUS, "몇 미터 안에서"),
            OpenApiParameter("open_now", bool, description="true면 그 시각에 연 것이 확실한 곳만"),
            _AT,
            _count("limit", DEFAULT_LIMIT, MAX_LIMIT, f"1-{MAX_LIMIT}"),
            *_HEADERS,
        ],
        responses={
            200: NearestSerializer,
            **problems("invalid-query", "method-not-allowed", "throttled", "unavailable"),
        },
        examples=[OpenApiExample(
            "보기",
            value={
                **_HEAD, "kakao": "fresh", "stale": False, "results": [_ROW], "next": None, "previous": None,
            },
            response_only=True,
            status_codes=["200"],
        )],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response()


class One(_Open):
    @extend_schema(
        operation_id="get_pharmacy",
        summary="약국 하나",
        parameters=[
            OpenApiParameter(
                "pharmacy_id",
                {"type": "string", "pattern": f"^[0-9]{{1,{MAX_ID_DIGITS}}}$"},
                OpenApiParameter.PATH,
                description="약국 번호(id)",
            ),
            _AT,
            *_HEADERS,
        ],
        responses={
            200: OnePharmacySerializer,
            **problems("invalid-query", "not-found", "method-not-allowed", "throttled", "unavailable"),
        },
        examples=[OpenApiExample(
            "보기",
            value={**_ROW, "distance_m": None, **_HEAD},
            response_only=True,
            status_codes=["200"],
        )],
    )  # fmt: skip
    def get(self, request: Request, pharmacy_id: str) -> Response:
        return Response()
