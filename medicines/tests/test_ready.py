"""Answers that are given before Django begins: the same as Django's, and only while Django would give them."""

import gzip
import io
import json
from urllib.parse import quote

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from prometheus_client import REGISTRY

from core import metrics, stores, throttling
from core.cache import tiers as cache
from core.throttling import Identity, deny_session
from core.wsgi import Utf8Handler
from medicines.models import MedicineSearchCount
from medicines.selectors import tiers
from medicines.services import popularity
from medicines.tests import catalogue

ANEW = {"X-Request-ID", "Server-Timing", "RateLimit-Remaining", "RateLimit-Reset"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(db):
    catalogue.load()
    stores.cache.client.flushdb()


class Server:
    """The handler as gunicorn calls it; `django` counts the requests that went on to Django."""

    def __init__(self, monkeypatch):
        self.handler = Utf8Handler()
        self.django = 0
        call = WSGIHandler.__call__

        def counted(handler, environ, start_response):
            self.django += 1
            return call(handler, environ, start_response)

        monkeypatch.setattr(WSGIHandler, "__call__", counted)

    def get(self, q="보라매", path="/api/v1/medicines", method="GET", **environ):
        self.status = ""
        given = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": f"q={quote(q)}" if q else "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "192.0.2.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "SCRIPT_NAME": "",
        }  # fmt: skip

        def start_response(status, headers, *_):
            self.status, self.headers = status, dict(headers)

        response = self.handler(given | environ, start_response)
        self.body = b"".join(response)
        if hasattr(response, "close"):
            response.close()
        return self

    def warm(self, **given):
        """Until it is answered without Django."""
        for _ in range(200):
            before = self.django
            self.get(**given)
            if self.django == before:
                return self
        raise AssertionError("never answered without Django")


@pytest.fixture
def server(monkeypatch):
    # As Django's test client does: the end of a request would close the connection that holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Server(monkeypatch)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("path", ["/api/v1/medicines", "/api/v1/medicines/suggest"])
def test_the_answer_is_djangos_to_the_header(server, path):
    ready = server.warm(path=path)
    headers, body, before = ready.headers, ready.body, server.django
    server.handler = Utf8Handler()
    server.get(path=path)
    assert (server.django, server.headers["X-Cache"], server.status) == (before + 1, "memory", "200 OK")
    assert server.body == body
    assert server.headers.keys() == headers.keys()
    assert {name for name in headers if server.headers[name] != headers[name]} <= ANEW
    assert server.headers["X-Request-ID"] != headers["X-Request-ID"]
    assert int(server.headers["RateLimit-Remaining"]) == int(headers["RateLimit-Remaining"]) - 1


def test_who_takes_gzip_gets_it_without_django_too(server):
    plain = server.warm().body
    zipped = server.warm(HTTP_ACCEPT_ENCODING="gzip, deflate, br")
    assert (gzip.decompress(zipped.body), zipped.headers["Content-Encoding"]) == (plain, "gzip")
    before = server.django
    assert server.get().body == plain
    assert "Content-Encoding" not in server.headers
    assert server.get(HTTP_ACCEPT_ENCODING="gzip;q=0").body == plain
    assert gzip.decompress(server.get(HTTP_ACCEPT_ENCODING="br, gzip").body) == plain
    assert server.django == before


@pytest.mark.parametrize("change", [
    lambda: catalogue.add(catalogue.record("100000098", "보라매")) or tiers.catalogue_changed(["100000098"]),
    lambda: tiers.invalidate_cards(["100000001"]),
    lambda: cache().clear_memory(),
])  # fmt: skip
def test_a_change_sends_the_next_one_to_django(server, change):
    before = server.warm().django
    change()
    assert server.get().django == before + 1


def test_what_was_changed_is_in_the_next_answer(server):
    server.warm()
    catalogue.add(catalogue.record("100000098", "보라매"))
    tiers.catalogue_changed(["100000098"])
    assert json.loads(server.get().body)["results"][0]["item_seq"] == "100000098"


@pytest.mark.parametrize("environ", [
    {"method": "HEAD"}, {"method": "POST"}, {"HTTP_ORIGIN": "https://app.example"}, {"HTTP_IF_NONE_MATCH": '"x"'},
    {"HTTP_HOST": "127.0.0.1"}, {"HTTP_X_FORWARDED_PROTO": "https"}, {"CONTENT_LENGTH": "3"}, {"q": "새벽별"},
])  # fmt: skip
def test_another_kind_of_request_is_djangos(server, environ):
    before = server.warm().django
    server.get(**environ)
    assert server.django == before + 1


def test_a_known_etag_is_not_sent_again(server):
    etag = server.warm().headers["ETag"]
    assert server.get(HTTP_IF_NONE_MATCH=etag).status.startswith("304")


def test_who_is_over_the_limit_is_told_by_django_and_counted_once(server, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"address": "5/minute"}
    refused = metrics.throttled.labels("address")
    before = refused._value.get()
    answers = [server.get().status for _ in range(5)]
    assert {status[:3] for status in answers} == {"200"}
    assert server.django < 5
    server.get()
    assert (server.status[:3], server.headers["RateLimit-Remaining"]) == ("429", "0")
    assert server.headers["Content-Type"] == "application/problem+json"
    assert refused._value.get() == before + 1
    assert server.get(REMOTE_ADDR="192.0.2.2").status == "200 OK"


def test_an_ended_session_is_refused(server, monkeypatch):
    def identify(request):
        return Identity("1", "ended") if request.META.get("HTTP_AUTHORIZATION") else None

    monkeypatch.setattr(throttling, "_identifiers", [identify])
    signed = {"HTTP_AUTHORIZATION": "Bearer x"}
    server.warm(**signed)
    deny_session("ended", seconds=60)
    assert server.get(**signed).status[:3] == "401"
    assert server.get().status == "200 OK"


def test_it_is_logged_measured_and_counted_as_every_request(server, caplog):
    server.warm()
    labels = {"route": "search", "method": "GET", "status": "200"}
    before = REGISTRY.get_sample_value("api_response_time_seconds_count", labels)
    caplog.clear()
    with caplog.at_level("INFO", "core.access"):
        server.get(HTTP_X_REQUEST_ID="a-sane-request-id")
    assert server.headers["X-Request-ID"] == "a-sane-request-id"
    line = caplog.records[-1]
    assert (line.route, line.method, line.status) == ("search", "GET", 200)
    assert "보라매" not in caplog.text
    assert REGISTRY.get_sample_value("api_response_time_seconds_count", labels) == before + 1


def test_a_search_counts_for_popularity(server):
    for number in range(6):
        server.warm(REMOTE_ADDR=f"192.0.2.{number}")
    popularity.flush()
    popularity.store_counts()
    assert MedicineSearchCount.objects.get(name="보라매").addresses >= 5


def test_no_more_than_a_few_hundred_are_held(server, monkeypatch):
    monkeypatch.setattr("core.ready._MAX_ENTRIES", 2)
    for host in ("localhost", "127.0.0.1", "testserver"):
        server.warm(HTTP_HOST=host)
    assert len(server.handler.ready._held) <= 2
