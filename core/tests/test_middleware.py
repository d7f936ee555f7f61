import json
import logging

import pytest
from prometheus_client import REGISTRY

from core.logs import JsonFormatter

pytestmark = pytest.mark.urls("core.tests.urls")


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.THROTTLE_ENABLED = False


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)

    def read():
        return [json.loads(JsonFormatter().format(r)) for r in caplog.records if r.name == "core.access"]

    return read


@pytest.mark.parametrize("given", ["abcd-1234", "1795781234.567-31-8-2", "A" * 64])
def test_a_sane_request_id_is_kept(client, given):
    assert client.get("/echo", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["short", "A" * 65, "has space here", "new\\nline-here", "한글이라안돼요요", "", "abcdefgh\n"]
)
def test_any_other_is_replaced(client, given):
    made = client.get("/echo", headers={"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert len(made) == 32


def test_ids_differ(client):
    assert client.get("/echo")["X-Request-ID"] != client.get("/echo")["X-Request-ID"]


def test_timings_follow_the_views_own(client):
    names = [part.split(";")[0].strip() for part in client.get("/echo")["Server-Timing"].split(",")]
    assert names == ["memory", "total"]


def test_security_headers(client):
    headers = client.get("/echo").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "default-src" in headers["Content-Security-Policy"]


def test_the_line_has_the_route_and_neither_path_nor_query(client, lines):
    client.get("/secret/TOKEN123?q=타이레놀")
    client.get("/unnamed/TOKEN123")
    client.get("/no/such/TOKEN123")
    assert [line["route"] for line in lines()] == ["secret", "unnamed/<str:token>", "unmatched"]
    assert "TOKEN123" not in json.dumps(lines())
    assert "타이레놀" not in json.dumps(lines(), ensure_ascii=False)


def test_the_line_has_the_seeds_fields(client, lines):
    response = client.get("/echo")
    (line,) = lines()
    assert line.keys() >= {"timestamp", "level", "module", "message", "user_id", "request_id"}
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["status"], line["user_id"]) == ("GET", 200, None)


def test_probes_leave_no_line(client, lines):
    client.get("/livez")
    assert lines() == []


def test_requests_are_counted_by_route(client):
    labels = {"route": "secret", "method": "GET", "status": "200"}
    before = REGISTRY.get_sample_value("api_response_time_seconds_count", labels) or 0
    client.get("/secret/a")
    client.get("/secret/b")
    assert REGISTRY.get_sample_value("api_response_time_seconds_count", labels) == before + 2


def test_an_invented_method_makes_no_label_of_its_own(client):
    client.generic("BREW", "/secret/a")
    labels = {"route": "secret", "method": "other", "status": "200"}
    assert REGISTRY.get_sample_value("api_response_time_seconds_count", labels) >= 1


def test_problems_are_counted_by_type(client):
    labels = {"route": "plain", "type": "source-down"}
    before = REGISTRY.get_sample_value("api_errors_total", labels) or 0
    client.get("/plain/source")
    assert REGISTRY.get_sample_value("api_errors_total", labels) == before + 1


def test_a_bug_is_logged_with_its_trace_and_without_the_path(client, caplog):
    client.raise_request_exception = False
    client.get("/plain/bug?q=타이레놀")
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    text = JsonFormatter().format(record)
    assert "ZeroDivisionError" in text
    assert "타이레놀" not in text


def test_limits_are_on_every_answer(client, settings):
    settings.THROTTLE_ENABLED = True
    settings.THROTTLE_RATES = {"address": "2/minute"}
    client.get("/echo")
    second, third = client.get("/echo"), client.get("/echo")
    assert (second.status_code, second["RateLimit-Remaining"]) == (200, "0")
    assert (third.status_code, third["RateLimit-Limit"]) == (429, "2")
    assert third["Retry-After"] == third["RateLimit-Reset"]


def test_drf_views_have_the_same_limits(client, settings):
    settings.THROTTLE_ENABLED = True
    settings.THROTTLE_RATES = {"address": "1/minute"}
    client.raise_request_exception = False
    first, second = client.get("/api/source"), client.get("/api/source")
    assert (first.status_code, first["RateLimit-Remaining"]) == (503, "0")
    assert second.status_code == 429
    assert second.json()["type"] == "/problems/throttled"
