"""Views that go wrong in every way, for the tests of middleware and error handling."""

import json

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import json_response, plain_view, query
from core.errors import FieldError, InvalidQuery, SourceDown, VendorUnreachable
from core.health import livez, readyz
from core.metrics import metrics_view
from core.problem_pages import problem_index, problem_page
from core.views import create_install
from ops.idempotency import idempotent

handler400 = "core.api.handler400"
handler403 = "core.api.handler403"
handler404 = "core.api.handler404"
handler500 = "core.api.handler500"

RAISED = {
    "problem": lambda: InvalidQuery("틀렸어요.", errors=[FieldError("q", "empty", "비어 있어요.")]),
    "source": lambda: SourceDown(retry_after=7),
    "vendor": lambda: VendorUnreachable("data.go.kr", "no connection"),
    "database": lambda: OperationalError("could not connect to host 10.0.0.9 as pilling"),
    "missing": lambda: Http404("row 5"),
    "denied": lambda: PermissionDenied("secret reason"),
    "suspicious": lambda: SuspiciousOperation("odd"),
    "bug": lambda: ZeroDivisionError("a detail of ours"),
    "drf-parse": lambda: exceptions.ParseError("x"),
    "drf-auth": lambda: exceptions.NotAuthenticated(),
    "drf-missing": lambda: exceptions.NotFound(),
    "drf-denied": lambda: exceptions.PermissionDenied(),
    "drf-wait": lambda: exceptions.Throttled(wait=3),
}


@plain_view(scope=None)
def plain(request, kind):
    raise RAISED[kind]()


@plain_view()
def echo(request):
    return json_response(
        json.dumps(query(request, ["q", "limit"])).encode(), headers={"Server-Timing": "memory;dur=0.1"}
    )


def unguarded(request, kind):
    raise RAISED[kind]()


class Body(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    inner = serializers.ListField(child=serializers.IntegerField(), required=False)


class Api(APIView):
    permission_classes = ()

    def get(self, request, kind):
        raise RAISED[kind]()

    def post(self, request, kind):
        Body(data=request.data).is_valid(raise_exception=True)
        return Response({"ok": True}, status=201)


counted = {"calls": 0, "status": 201, "wait": lambda: None}


@idempotent
@plain_view(scope=None, methods=("POST",))
def count(request):
    counted["calls"] += 1
    counted["wait"]()
    if counted["status"] == 0:
        raise ZeroDivisionError
    return json_response(b'{"n":%d}' % counted["calls"], status=counted["status"], headers={"Location": "/made/1"})


urlpatterns = [
    path("plain/<slug:kind>", plain, name="plain"),
    path("unguarded/<slug:kind>", unguarded, name="unguarded"),
    path("api/<slug:kind>", Api.as_view(), name="api"),
    path("idempotent-api/<slug:kind>", idempotent(Api.as_view()), name="idempotent-api"),
    path("echo", echo, name="echo"),
    path("count", count, name="count"),
    path("secret/<str:token>", lambda request, token: HttpResponse("ok"), name="secret"),
    path("unnamed/<str:token>", lambda request, token: HttpResponse("ok")),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics_view, name="metrics"),
    path("problems", problem_index, name="problems"),
    path("problems/<slug:slug>", problem_page, name="problem"),
    path("api/v1/installs", idempotent(create_install), name="installs"),
]
