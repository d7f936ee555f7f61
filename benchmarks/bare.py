"""The yardstick of `request` and `edge`: a Django view that returns ready bytes, and no middleware.

BARE_BODY: their file; those of a `.gz` are told as compressed.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

_FILE = Path(os.environ["BARE_BODY"])
_BODY = _FILE.read_bytes()
# As long in nginx's cache as a search.
_HEADERS = {"Cache-Control": "public, max-age=1, stale-while-revalidate=1"}
if _FILE.suffix == ".gz":
    _HEADERS["Content-Encoding"] = "gzip"


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_BODY, content_type="application/json", headers=_HEADERS)


urlpatterns = [path("readyz", ready), path("api/v1/medicines", ready)]
settings.configure(
    SECRET_KEY="for-measuring-only",  # noqa: S106 - it guards nothing
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    DATABASES={},
    OTEL_EXPORTER_OTLP_ENDPOINT="",  # gunicorn.conf.py asks for these two
    SENTRY_DSN="",
)
application = get_wsgi_application()
