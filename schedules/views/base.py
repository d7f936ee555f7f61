"""What every view of this app does: read strict input, know the person."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from core.api import query
from core.errors import NotFound
from core.pagination import MAX_LIMIT, Place, given_cursor, microseconds, page_of, paged, read_limit
from core.preconditions import etag_of_bytes
from core.private import encode
from schedules.selectors.people import Person, person

Input = TypeVar("Input", bound=serializers.Serializer[Any])
Row = TypeVar("Row")


class View(APIView):
    """Signed in; `me` costs no query, `person` one."""

    @property
    def me(self) -> UUID:
        id_: UUID = self.request.user.id  # type: ignore[assignment]
        return id_

    @property
    def person(self) -> Person:
        """Raises NotFound for an account that was deleted a moment ago."""
        try:
            return person(self.me)
        except KeyError:
            raise NotFound("탈퇴한 계정이에요.") from None


def read(request: Request, kind: type[Input]) -> Any:
    """The checked body; DRF's ValidationError becomes a problem."""
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def etag_of_body(body: Any) -> str:
    """The ETag that `answer` gives it."""
    return etag_of_bytes(encode(body))


def listed(
    request: Request, rows: Sequence[Row], shown: Callable[[Row], Any], *, name: str, place: Callable[[Row], Place]
) -> dict[str, Any]:
    """The page that `limit` and `cursor` ask for of a list that was read whole. Raises InvalidQuery."""
    params = query(request._request, ("limit", "cursor"))
    limit = read_limit(params.get("limit"), MAX_LIMIT)
    page = page_of(rows, name=name, place=place, cursor=given_cursor(params), limit=limit)
    results = [shown(row) for row in page.rows]
    return paged(request._request, results, following=page.next, before=page.previous, limit=limit)


def by_age(row: Any) -> Place:
    """Oldest first."""
    return microseconds(row.created_at), row.pk.hex


def nothing() -> HttpResponse:
    return HttpResponse(status=204)
