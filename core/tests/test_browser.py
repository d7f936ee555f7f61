import pytest

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
