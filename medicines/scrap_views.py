"""`/scraps`: signed in; someone else's scrap is 404."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import query
from core.bodies import StrictSerializer
from core.errors import invalid
from core.pagination import given_cursor, paged, read_limit
from core.preconditions import check_state, etag_of
from core.private import answer
from medicines import scrap_schema
from medicines.models import Scrap
from medicines.scrap_serializers import MAX_CATEGORY, ScrapChange, ScrapInput
from medicines.selectors import scraps as selectors
from medicines.serializers import DEFAULT_LIMIT
from medicines.services import scraps as services


class _Signed(APIView):
    @property
    def me(self) -> UUID:
        id_: UUID = self.request.user.id  # type: ignore[assignment]
        return id_


class Scraps(_Signed):
    @scrap_schema.listed
    def get(self, request: Request) -> HttpResponse:
        params = query(request._request, ("category", "limit", "cursor"))
        limit, category = read_limit(params.get("limit"), DEFAULT_LIMIT), _category(params)
        page = selectors.scraps(user_id=self.me, category=category, cursor=given_cursor(params), limit=limit)
        return answer(request, _enveloped(request._request, page, limit, category))

    @scrap_schema.created
    def post(self, request: Request) -> HttpResponse:
        given = _read(request, ScrapInput)
        return _shown(request, services.create_scrap(user_id=self.me, given=given), status=201)


class OneScrap(_Signed):
    @scrap_schema.shown
    def get(self, request: Request, id_: int) -> HttpResponse:
        return _shown(request, selectors.get_scrap(user_id=self.me, id_=id_))

    @scrap_schema.changed
    def patch(self, request: Request, id_: int) -> HttpResponse:
        given, check = _read(request, ScrapChange), _precondition(request)
        return _shown(request, services.change_scrap(user_id=self.me, id_=id_, given=given, check=check))

    @scrap_schema.deleted
    def delete(self, request: Request, id_: int) -> Response:
        services.delete_scrap(user_id=self.me, id_=id_, check=_precondition(request))
        return Response(status=204)


def _precondition(request: Request) -> services.Check:
    return lambda scrap: check_state(request._request, _state(scrap))


def _read(request: Request, kind: type[StrictSerializer]) -> Any:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def _category(params: dict[str, str]) -> str | None:
    category = params.get("category")
    if category is not None and not 1 <= len(category) <= MAX_CATEGORY:
        raise invalid("category", "length", f"분류(category)는 1자에서 {MAX_CATEGORY}자까지예요.")
    return category


def _enveloped(request: HttpRequest, page: selectors.ScrapPage, limit: int, category: str | None) -> dict[str, Any]:
    kept: dict[str, str | int] = {"limit": limit} | ({} if category is None else {"category": category})
    return paged(request, list(page.results), following=page.next, before=page.previous, **kept)


def _shown(request: Request, scrap: Scrap, *, status: int = 200) -> HttpResponse:
    return answer(request, selectors.as_dicts([scrap])[0], status=status, state=_state(scrap))


def _state(scrap: Scrap) -> str:
    """Names what its owner may edit; the card in it changes by itself."""
    return etag_of([scrap.pk, scrap.category, scrap.notes]).strip('"')
