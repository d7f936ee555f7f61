"""What the schema says of the scrap endpoints: decorators that drf-spectacular reads."""

from drf_spectacular.utils import OpenApiParameter, extend_schema

from core.pagination import MAX_LIMIT
from core.schema import answer, problems, response_headers
from medicines.schema import CARD, NONE_MATCH, UNCHANGED
from medicines.scrap_serializers import ScrapChange, ScrapInput, ScrapList, ScrapOut
from medicines.serializers import DEFAULT_LIMIT

_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="읽을 때 받은 ETag")
_ETAG = response_headers(("ETag",), (200, 201))
_READ = [NONE_MATCH, *response_headers(("ETag",), (200, 304))]
_SCRAP = {
    "id": 12,
    "item_seq": CARD["item_seq"],
    "medicine_name": CARD["item_name"],
    "category": "상비약",
    "notes": "열이 날 때",
    "created_at": "2026-11-26T00:30:00+00:00",
    "medicine": CARD,
}
_ONE = answer(ScrapOut, _SCRAP)
_LIST = answer(ScrapList, {"results": [_SCRAP], "next": None, "previous": None})

listed = extend_schema(
    operation_id="list_scraps",
    summary="스크랩 목록",
    parameters=[
        OpenApiParameter("category", {"type": "string", "minLength": 1, "maxLength": 20}, description="이 분류만"),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}),
        OpenApiParameter("cursor", str, description="next나 previous에 든 값"),
        *_READ,
    ],
    responses={200: _LIST, **UNCHANGED, **problems("invalid-query", "not-authenticated")},
)
created = extend_schema(
    operation_id="create_scrap",
    summary="약 담아 두기",
    parameters=_ETAG,
    request=ScrapInput,
    responses={201: _ONE, **problems("invalid-body", "not-authenticated", "conflict")},
)
shown = extend_schema(
    operation_id="get_scrap",
    summary="스크랩 하나",
    parameters=_READ,
    responses={200: _ONE, **UNCHANGED, **problems("not-found")},
)
changed = extend_schema(
    operation_id="change_scrap",
    summary="스크랩의 분류와 메모 고치기",
    parameters=[_MATCH, *_ETAG],
    request=ScrapChange,
    responses={200: _ONE, **problems("invalid-body", "not-found", "conflict", "precondition-failed")},
)
deleted = extend_schema(
    operation_id="delete_scrap",
    summary="스크랩 지우기",
    parameters=[_MATCH],
    responses={204: None, **problems("not-found", "precondition-failed")},
)
