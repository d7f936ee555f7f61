"""The yardstick of `benchmarks.request`: a Django view that returns ready bytes, and no middleware."""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

_BODY = Path(os.environ["BARE_BODY"]).read_bytes()


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_BODY, content_type="application/json")


urlpatterns = [path("readyz", ready), path("api/v1/medicines", ready)]
settings.configure(
    SECRET_KEY="for-measuring-only",  # noqa: S106 - it guards nothing
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    DATABASES={},
    OTEL_EXPORTER_OTLP_ENDPOINT="",  # gunicorn.conf.py asks for these two
    SENTRY_DSN="",
)
application = get_wsgi_application()
