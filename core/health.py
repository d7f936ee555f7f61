"""Placeholder until the core builder's module lands (overwrite freely)."""

from django.http import HttpRequest, HttpResponse


def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


readyz = livez
