import re

import pytest
from django.http import HttpResponse

from core.browser import PageContentSecurity

pytestmark = pytest.mark.urls("core.tests.urls")


def test_the_api_has_headers_of_its_own_and_no_cookie(client):
    answer = client.post("/api/v1/installs")
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert answer["Vary"].lower() == "origin"
    assert not answer.cookies


def test_pages_keep_djangos(client):
    answer = client.get("/problems")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_the_api_skips_sessions_and_pages_have_them(client, rf):
    assert not hasattr(client.get("/api/v1/installs").wsgi_request, "session")
    assert hasattr(client.get("/problems").wsgi_request, "session")


@pytest.mark.parametrize(("origin", "allowed"), [("https://app.test", True), ("https://evil.test", False)])
def test_cross_origin_calls(client, settings, origin, allowed):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.test"]
    answer = client.post("/api/v1/installs", headers={"origin": origin})
    assert ("Access-Control-Allow-Origin" in answer.headers) is allowed
    assert "X-Request-ID" in answer.get("Access-Control-Expose-Headers", "X-Request-ID")


def test_preflight(client, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.test"]
    headers = {"origin": "https://app.test", "access-control-request-method": "POST"}
    answer = client.options("/api/v1/installs", headers=headers)
    assert answer.status_code == 200
    assert "POST" in answer["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("header", ["x-install-id", "idempotency-key", "if-none-match", "if-match", "authorization"])
def test_a_browser_of_an_allowed_site_may_send_the_apis_own_headers(client, settings, header):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.test"]
    headers = {
        "origin": "https://app.test",
        "access-control-request-method": "POST",
        "access-control-request-headers": header,
    }
    answer = client.options("/api/v1/installs", headers=headers)
    assert header in answer["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.parametrize("header", [
    "ETag", "Retry-After", "X-Cache", "Server-Timing", "X-Request-ID", "RateLimit-Remaining", "WWW-Authenticate",
    "Allow", "Idempotent-Replayed", "Content-Disposition",
])  # fmt: skip
def test_a_browser_of_an_allowed_site_may_read_what_the_api_tells_in_headers(client, settings, header):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.test"]
    answer = client.post("/api/v1/installs", headers={"origin": "https://app.test"})
    assert header in answer["Access-Control-Expose-Headers"].split(", ")


def policy(response):
    return {part.split()[0]: part.split()[1:] for part in response["Content-Security-Policy"].split(";")}


@pytest.mark.urls("config.urls")
def test_the_admins_policy_is_its_own(client, db, settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    found = policy(client.get("/admin/login/"))
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == ["'self'"]
    assert found["frame-ancestors"] == ["'none'"]


def test_a_page_that_runs_code_of_its_own_names_it_by_a_nonce(rf):
    def page(request):
        return HttpResponse(f'<script nonce="{request.csp_nonce}"></script>')

    first, second = (PageContentSecurity(page)(rf.get("/page")) for _ in range(2))
    for response in (first, second):
        (nonce,) = re.findall(r'nonce="([^"]+)"', response.content.decode())
        assert policy(response)["script-src"] == ["'self'", f"'nonce-{nonce}'"]
        assert len(nonce) >= 22
    assert first.content != second.content


def test_without_use_no_nonce_is_given(rf):
    response = PageContentSecurity(lambda request: HttpResponse())(rf.get("/page"))
    assert policy(response)["script-src"] == ["'self'"]
    assert "unsafe" not in response["Content-Security-Policy"]
