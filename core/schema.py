"""Pieces of the OpenAPI schema that every app's endpoints share; read by drf-spectacular, never called by a view."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from core.errors import PROBLEMS, Problem

_MEDIA = "application/problem+json"


class FieldErrorSerializer(serializers.Serializer[object]):
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[object]):
    """An error, as RFC 9457 has it: `detail` is Korean, `type` a stable path whose page explains it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment] # the name is the wire's
    request_id = serializers.CharField()


def answer(shape: Any, value: Any) -> OpenApiResponse:
    """A response of this shape (a serializer or a basic type), with an example of it."""
    return OpenApiResponse(shape, examples=[OpenApiExample("보기", value=value)])


def problems(*slugs: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Responses for these kinds of problem (the keys of core.errors.PROBLEMS), with an example of each."""
    by_status: dict[int, list[type[Problem]]] = {}
    for slug in slugs:
        by_status.setdefault(PROBLEMS[slug].status, []).append(PROBLEMS[slug])
    return {(status, _MEDIA): _response(kinds) for status, kinds in by_status.items()}


def _response(kinds: list[type[Problem]]) -> OpenApiResponse:
    description = " / ".join(kind.title for kind in kinds)
    return OpenApiResponse(ProblemSerializer, description=description, examples=[_example(kind) for kind in kinds])


def _example(kind: type[Problem]) -> OpenApiExample:
    return OpenApiExample(kind.slug, value=example_of(kind), media_type=_MEDIA, status_codes=[str(kind.status)])


def example_of(kind: type[Problem]) -> dict[str, object]:
    """A problem document of this kind, as it goes over the wire."""
    return {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.default_detail,
        "errors": [],
        "request_id": "9f1c2ab47de0418bb0a7c5d1e2f30415",
    }


def response_headers(names: Iterable[str], statuses: Iterable[int]) -> list[OpenApiParameter]:
    """Headers of the answers with these statuses; their meanings are in `_HEADERS`."""
    return [_header(name, list(statuses)) for name in names]


def _header(name: str, statuses: list[int]) -> OpenApiParameter:
    kind, description = _HEADERS[name]
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=description, response=statuses)


_HEADERS: dict[str, tuple[type, str]] = {
    "ETag": (str, "본문의 지문. If-None-Match로 보내면 그대로일 때 304를 받습니다."),
    "Cache-Control": (str, "얼마 동안 간직해도 되는지"),
    "X-Cache": (str, "어느 층이 답했는지: edge, memory, redis, db, api, stale"),
    "Server-Timing": (str, "서버 안에서 걸린 시간(ms)"),
    "X-Request-ID": (str, "이 요청의 번호"),
    "Retry-After": (int, "몇 초 뒤에 다시 물으면 되는지"),
    "RateLimit-Limit": (int, "정해진 횟수"),
    "RateLimit-Remaining": (int, "남은 횟수"),
    "RateLimit-Reset": (int, "횟수가 다시 차기까지의 초"),
}
