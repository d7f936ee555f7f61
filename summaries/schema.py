"""What the schema says of the summary endpoint. Nothing here is ever called: drf-spectacular reads it."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.schema import problems, response_headers
from summaries.serializers import SummarySerializer

_EXAMPLE = {
    "status": "ready",
    "kind": "ai",
    "label_notice": "AI가 정리한 글입니다. 원문과 다르면 원문이 맞습니다.",
    "sections": [
        {
            "name": "effect",
            "copied": False,
            "sentences": [
                {
                    "text": "열이 나거나 머리가 아플 때 쓰는 약이에요.",
                    "source": [{"field": "efficacy", "index": 0, "text": "이 약은 발열, 두통에 사용합니다."}],
                }
            ],
        }
    ],
    "model": "gpt-6-luna",
    "generated_at": "2026-11-24T09:00:00+09:00",
    "coverage": "easy",
}
_PENDING = {
    **_EXAMPLE,
    "status": "pending",
    "kind": "extractive",
    "label_notice": "설명서의 문장을 옮긴 글입니다. 어려운 낱말은 쉬운 말로 바꾸었고, 원문과 다르면 원문이 맞습니다.",
    "model": None,
    "generated_at": None,
}


class Summary(APIView):
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        operation_id="get_summary",
        summary="약 설명서를 쉬운 말로",
        description="문장마다 근거가 있습니다. 202이면 글을 만드는 중이고, 그때까지 볼 글이 이미 들어 있습니다.",
        parameters=[
            OpenApiParameter(
                "item_seq",
                {"type": "string", "pattern": "^[0-9]{1,20}$"},
                OpenApiParameter.PATH,
                description="품목기준코드",
            ),
            OpenApiParameter(
                "keyword",
                {"type": "string"},  # its 2-30 characters are counted as it is read: composed, without blanks
                description="이 낱말에 대한 내용만 (임산부, 음주, 운전 …). 다듬어서 2-30자",
            ),
            OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="지난 답의 ETag"),
            *response_headers(("ETag", "Cache-Control", "X-Cache"), (200, 202, 304)),
            *response_headers(("X-Request-ID", "Server-Timing"), (200, 202, 304, 400, 404, 429, 503)),
            *response_headers(("Retry-After",), (202, 429, 503)),
        ],
        responses={
            200: SummarySerializer,
            202: SummarySerializer,
            304: OpenApiResponse(description="If-None-Match로 보낸 것 그대로"),
            **problems("invalid-query", "not-found", "method-not-allowed", "throttled", "source-down", "unavailable"),
        },
        examples=[
            OpenApiExample("보기", value=_EXAMPLE, response_only=True, status_codes=["200"]),
            OpenApiExample("만드는 중", value=_PENDING, response_only=True, status_codes=["202"]),
        ],
    )
    def get(self, request: Request, item_seq: str) -> Response:
        return Response()
