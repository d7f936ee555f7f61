"""`/api/schema` and `/api/docs`. drf-spectacular would make the schema for each request, in any made-up language."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import query


class ApiSchema(SpectacularAPIView):
    """The schema as YAML or JSON, made once a process."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        query(_plain(request), ("format",))
        media_type: str = request.accepted_renderer.media_type
        return HttpResponse(_rendered(media_type), content_type=f"{media_type}; charset=utf-8")

    def get_format_suffix(self, **kwargs: Any) -> str | None:
        """`?format=` chooses the renderer here alone: settings keep it free for other endpoints."""
        return _plain(self.request).GET.get("format")


class ApiDocs(SpectacularSwaggerSplitView):
    """The page, and its script."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query(_plain(request), ("script",))
        page: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return page


def _plain(request: Request) -> HttpRequest:
    plain: HttpRequest = request._request
    return plain


@cache
def _rendered(media_type: str) -> str | bytes:
    schema = SpectacularAPIView.generator_class().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    renderer = next(each for each in SpectacularAPIView.renderer_classes if each.media_type == media_type)
    return renderer().render(schema, renderer_context={})
