"""Every URL of the service; the only place that puts prefixes."""

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from core.api import plain_view
from core.docs import ApiDocs, ApiSchema
from core.health import livez, readyz
from core.metrics import metrics_view
from core.problem_pages import problem_index, problem_page
from core.views import create_install
from ops.idempotency import idempotent

handler400 = "core.api.handler400"
handler403 = "core.api.handler403"
handler404 = "core.api.handler404"
handler500 = "core.api.handler500"

# The page's script is served by us; its styles are set from that script.
_docs = csp_update({"style-src": ["'self'", "'unsafe-inline'"]})(ApiDocs.as_view(url_name="schema"))

urlpatterns: list[URLPattern | URLResolver] = [
    # First, since a search costs less than finding its route behind all others.
    path("api/v1/", include("medicines.urls")),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", plain_view(scope=None)(metrics_view), name="metrics"),
    path("problems", problem_index, name="problems"),
    path("problems/<slug:slug>", problem_page, name="problem"),
    path("admin/", admin.site.urls),
    path("api/schema", ApiSchema.as_view(), name="schema"),
    path("api/docs", _docs, name="docs"),
    path("api/v1/installs", idempotent(create_install), name="installs"),
    path("api/v1/", include("summaries.urls")),
    path("api/v1/", include("accounts.urls")),
    path("", include("accounts.page_urls")),
    path("", include("dashboard.urls")),
    path("", include("medicines.picture_urls")),
    path("api/v1/", include("pharmacies.urls")),
    path("api/v1/", include("schedules.urls")),
]
