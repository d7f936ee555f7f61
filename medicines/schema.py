"""What the schema says of the plain views. Nothing here is ever called: drf-spectacular reads it."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.pagination import MAX_LIMIT
from core.schema import problems, response_headers
from medicines.serializers import (
    DEFAULT_LIMIT,
    SUGGEST_LIMIT,
    DetailSerializer,
    PopularSerializer,
    SearchSerializer,
    SuggestionsSerializer,
)  # fmt: skip

_CACHED = response_headers(("ETag", "Cache-Control", "X-Cache"), (200, 304))
_ALWAYS = response_headers(("X-Request-ID", "Server-Timing"), (200, 304, 400, 429, 503))
_LIMITED = response_headers(("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"), (200, 304, 400, 429, 503))
_LATER = response_headers(("Retry-After",), (429, 503))
_HEADERS = [*_CACHED, *_ALWAYS, *_LIMITED, *_LATER]
UNCHANGED = {304: OpenApiResponse(description="If-None-Match로 보낸 것 그대로")}
NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="지난 답의 ETag")
_GIVEN = [
    NONE_MATCH,
    OpenApiParameter("X-Install-ID", str, OpenApiParameter.HEADER, description="POST /api/v1/installs가 준 값"),
]
_Q = OpenApiParameter(
    "q",
    {"type": "string", "minLength": 1},  # its 100 characters are counted as it is read: composed, trimmed
    required=True,
    description="약 이름, 초성, 성분, 증상, 회사. 앞뒤 빈칸을 빼고 1-100자",
)
CARD: dict[str, Any] = {
    "item_seq": "200000001",
    "item_name": "보기정500밀리그램",
    "entp_name": "보기제약",
    "etc_otc": "일반의약품",
    "status": "active",
    "ingredients": ["아세트아미노펜"],
    "efcy_summary": "열을 내리고 통증을 덜어 줍니다.",
    "summary_kind": "extractive",
    "item_image": None,
    "coverage": "easy",
}


def _limit(default: int) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": default}
    return OpenApiParameter("limit", schema, description=f"1-{MAX_LIMIT}")


class _Open(APIView):
    authentication_classes = ()
    permission_classes = ()


class Search(_Open):
    @extend_schema(
        operation_id="search_medicines",
        summary="약 찾기",
        parameters=[_Q, _limit(DEFAULT_LIMIT), OpenApiParameter("cursor", str, description="next나 previous에 든 값"),
                    *_GIVEN, *_HEADERS],
        responses={
            200: SearchSerializer,
            **UNCHANGED,
            **problems("invalid-query", "cursor-expired", "method-not-allowed", "throttled"),
            **problems("source-down", "unavailable"),
        },
        examples=[OpenApiExample(
            "보기",
            value={
                "query": "보기정",
                "as_of": "2026-11-24T09:00:00.000+09:00",
                "normalized": "보기정",
                "corrected_to": None,
                "notice": None,
                "stale": False,
                "results": [{**CARD, "match": {"kind": "prefix", "field": "item_name", "score": 0.9}}],
                "next": None,
                "previous": None,
            },
            response_only=True,
            status_codes=["200"],
        )],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response()


class Suggest(_Open):
    @extend_schema(
        operation_id="suggest_medicines",
        summary="글쇠마다 이어질 이름",
        parameters=[_Q, _limit(SUGGEST_LIMIT), *_GIVEN, *_HEADERS],
        responses={
            200: SuggestionsSerializer,
            **UNCHANGED,
            **problems("invalid-query", "method-not-allowed", "throttled", "unavailable"),
        },
        examples=[OpenApiExample(
            "보기",
            value={"suggestions": [{"text": "보기정", "item_seq": "200000001", "kind": "prefix"}]},
            response_only=True,
            status_codes=["200"],
        )],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response()


class Popular(_Open):
    @extend_schema(
        operation_id="popular_medicines",
        summary="많이 찾는 이름",
        description="이레 동안 서로 다른 주소 다섯 곳 이상에서 찾은 이름만 보여 줍니다.",
        parameters=[_limit(SUGGEST_LIMIT), *_GIVEN, *_HEADERS],
        responses={
            200: PopularSerializer,
            **UNCHANGED,
            **problems("invalid-query", "method-not-allowed", "throttled", "unavailable"),
        },
        examples=[OpenApiExample(
            "보기",
            value={"results": [{"text": "보기정", "item_seq": "200000001"}], "next": None, "previous": None},
            response_only=True,
            status_codes=["200"],
        )],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response()


class Detail(_Open):
    @extend_schema(
        operation_id="get_medicine",
        summary="약 하나 자세히",
        description="label_status가 pending이면 설명서를 가져오는 중이니 Retry-After 뒤에 다시 물어 주세요.",
        parameters=[
            OpenApiParameter(
                "item_seq",
                {"type": "string", "pattern": "^[0-9]{1,20}$"},
                OpenApiParameter.PATH,
                description="품목기준코드",
            ),
            *_GIVEN,
            *_CACHED,
            *response_headers(("X-Request-ID", "Server-Timing"), (200, 304, 400, 404, 429, 503)),
            *response_headers(("Retry-After",), (200, 429, 503)),
        ],
        responses={
            200: DetailSerializer,
            **UNCHANGED,
            **problems("invalid-query", "not-found", "method-not-allowed", "throttled", "unavailable"),
        },
        examples=[OpenApiExample(
            "보기",
            value={
                **CARD,
                "label": dict.fromkeys(("usage", "warning", "precaution", "interaction", "side_effect", "storage"), "")
                | {"efficacy": "이 약은 열을 내리는 데 사용합니다."},
                "label_status": "ready",
                "same_ingredient": [],
                "updated_at": "2026-11-24T09:00:00+09:00",
                "stale": False,
            },
            response_only=True,
            status_codes=["200"],
        )],
    )  # fmt: skip
    def get(self, request: Request, item_seq: str) -> Response:
        return Response()
