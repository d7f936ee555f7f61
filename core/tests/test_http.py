import gzip
import multiprocessing
import socket
import threading
import time

import pytest
from prometheus_client import REGISTRY

from core import http
from core.errors import VendorBadReply, VendorRefused, VendorTimeout, VendorUnreachable
from core.http import Vendor, ask, expect_ok, request
from core.tests.conftest import answer


@pytest.fixture
def vendor(vendor_server):
    http._sessions.clear()
    return Vendor("testvendor", vendor_server.url, connect_timeout=1, total_timeout=5, backoff=0.01)


def calls(outcome):
    return REGISTRY.get_sample_value("external_api_calls_total", {"vendor": "testvendor", "outcome": outcome}) or 0


def test_an_answer_with_our_user_agent(vendor, vendor_server):
    before = calls("ok")
    vendor_server.behave = lambda c, r: c.sendall(answer(b'{"a":1}', headers=b"X-Kind: easy\r\n"))
    reply = request(vendor, "GET", "/x", params={"q": "타이레놀"})
    assert (reply.status, reply.body, reply.headers["x-kind"]) == (200, b'{"a":1}', "easy")
    assert b"User-Agent: Pilling/" in vendor_server.requests[0]
    assert calls("ok") == before + 1


def test_one_connection_serves_many_calls(vendor, vendor_server):
    peers = set()

    def behave(connection, request_bytes):
        peers.add(connection.getpeername())
        connection.sendall(answer(b"{}"))

    vendor_server.behave = behave
    for _ in range(5):
        request(vendor, "GET", "/")
    assert len(peers) == 1


def _trickle(pieces, pause=0.05):
    def behave(connection, request_bytes):
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)

    return behave


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
    ],
    ids=["body", "chunks", "headers"],
)
def test_a_trickle_ends_at_the_deadline(vendor, vendor_server, head):
    vendor_server.behave = _trickle([head, *[b"x"] * 200])
    with pytest.raises(VendorTimeout):
        request(vendor, "GET", "/", deadline=0.4)
    # 201 pieces would have taken ten seconds; the call gave up while the server was still sending.
    assert len(vendor_server.requests) == 1


def test_a_silent_vendor_is_our_deadline_not_its_failure(vendor, vendor_server):
    vendor_server.behave = lambda c, r: time.sleep(2)
    with pytest.raises(VendorTimeout) as caught:
        request(vendor, "GET", "/", deadline=0.2)
    assert not caught.value.counts_for_breaker


def test_a_deadline_passed_before_the_call_asks_nothing(vendor, vendor_server):
    with pytest.raises(VendorTimeout):
        request(vendor, "GET", "/", deadline=0)
    assert vendor_server.requests == []


def test_refused_connections_are_tried_twice_then_told(vendor, vendor_server):
    vendor_server.refuse()
    before = calls("unreachable")
    with pytest.raises(VendorUnreachable) as caught:
        request(vendor, "GET", "/", params={"serviceKey": "SECRETSECRET"})
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert calls("unreachable") == before + 2


@pytest.mark.parametrize("status", [b"502 Bad Gateway", b"503 Busy", b"504 Late"])
def test_a_passing_gateway_error_is_retried(vendor, vendor_server, status):
    answers = [answer(b"", status=status), answer(b"fine")]
    vendor_server.behave = lambda c, r: c.sendall(answers.pop(0))
    assert request(vendor, "GET", "/").body == b"fine"


def test_posts_and_other_statuses_are_never_retried(vendor, vendor_server):
    vendor_server.behave = lambda c, r: c.sendall(answer(b"", status=b"503 Busy"))
    assert request(vendor, "POST", "/", json={}).status == 503
    vendor_server.behave = lambda c, r: c.sendall(answer(b"", status=b"500 Oops"))
    assert request(vendor, "GET", "/").status == 500
    assert len(vendor_server.requests) == 2


def test_no_retry_beyond_the_deadline(vendor_server):
    slow = Vendor("testvendor", vendor_server.url, backoff=60)
    vendor_server.behave = lambda c, r: c.sendall(answer(b"", status=b"503 Busy"))
    assert request(slow, "GET", "/", deadline=2).status == 503
    assert len(vendor_server.requests) == 1


def test_redirects_are_not_followed(vendor, vendor_server):
    vendor_server.behave = lambda c, r: c.sendall(
        answer(b"", status=b"302 Found", headers=b"Location: http://127.0.0.1:1/\r\n")
    )
    reply = request(vendor, "GET", "/")
    assert reply.status == 302
    with pytest.raises(VendorBadReply):
        expect_ok(vendor, reply)


def test_too_large_a_body_is_cut_off_unread(vendor_server):
    small = Vendor("testvendor", vendor_server.url, max_body_bytes=1000)
    vendor_server.behave = lambda c, r: c.sendall(
        answer(gzip.compress(b"0" * 5_000_000), headers=b"Content-Encoding: gzip\r\n")
    )
    with pytest.raises(VendorBadReply, match="too large"):
        request(small, "GET", "/")


def _closing(data):
    def behave(connection, request_bytes):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    behave.closes = True
    return behave


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\njunk",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["cut off", "not gzip", "not a chunk"],
)
def test_unreadable_answers_are_bad_replies(vendor, vendor_server, data):
    vendor_server.behave = _closing(data)
    with pytest.raises(VendorBadReply):
        request(vendor, "GET", "/")


@pytest.mark.parametrize("data", [b"", b"nonsense\r\n\r\n"], ids=["hung up", "not http"])
def test_no_http_at_all_is_unreachable(vendor, vendor_server, data):
    vendor_server.behave = _closing(data)
    with pytest.raises(VendorUnreachable):
        request(vendor, "GET", "/")


@pytest.mark.parametrize(("status", "kind"), [(500, VendorUnreachable), (403, VendorRefused), (304, VendorBadReply)])
def test_expect_ok_sorts_statuses(vendor, status, kind):
    with pytest.raises(kind):
        expect_ok(vendor, http.Reply(status, {}, b"", 0.1))


class _SaidNo(VendorRefused):
    outcome = "key"


def _no(reply):
    raise _SaidNo("testvendor", "code 30")


@pytest.mark.parametrize("status", [b"200 OK", b"403 Forbidden"])
def test_a_refusal_in_the_body_is_what_the_call_is_counted_as_once(vendor, vendor_server, status):
    vendor_server.behave = lambda c, r: c.sendall(answer(b"code 30", status))
    before = {outcome: calls(outcome) for outcome in ("key", "ok", "http_4xx")}
    with pytest.raises(_SaidNo):
        ask(vendor, "GET", "/", _no)
    after = {outcome: calls(outcome) for outcome in before}
    assert after == before | {"key": before["key"] + 1}


def test_a_fault_of_ours_while_reading_is_counted_too(vendor):
    before = calls("error")
    with pytest.raises(ZeroDivisionError):
        ask(vendor, "GET", "/", lambda reply: 1 / 0)
    assert calls("error") == before + 1


def test_each_try_is_counted_as_what_it_came_to(vendor, vendor_server):
    answers = iter((b"503 Service Unavailable", b"200 OK"))
    vendor_server.behave = lambda c, r: c.sendall(answer(b"{}", next(answers)))
    before = calls("http_5xx"), calls("ok")
    assert ask(vendor, "GET", "/", lambda reply: reply.body) == b"{}"
    assert (calls("http_5xx"), calls("ok")) == (before[0] + 1, before[1] + 1)


def test_the_key_reaches_neither_logs_nor_errors(vendor, vendor_server, caplog):
    caplog.set_level("DEBUG")
    vendor_server.behave = lambda c, r: time.sleep(1)
    with pytest.raises(VendorTimeout) as caught:
        request(vendor, "GET", "/list", params={"serviceKey": "TOPSECRETKEY"}, deadline=0.2)
    assert b"TOPSECRETKEY" in vendor_server.requests[0]
    assert "TOPSECRETKEY" not in repr(caught.value)
    assert not [r for r in caplog.records if r.name.startswith("core") and "TOPSECRETKEY" in r.getMessage()]


def _call_in_child(url, results):
    reply = request(Vendor("testvendor", url), "GET", "/child")
    results.put(reply.body)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_opens_its_own_connection(vendor, vendor_server):
    peers = []

    def behave(connection, request_bytes):
        peers.append(connection.getpeername())
        connection.sendall(answer(request_bytes.split()[1]))

    vendor_server.behave = behave
    request(vendor, "GET", "/parent")
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_call_in_child, args=(vendor_server.url, results))
    child.start()
    assert results.get(timeout=60) == b"/child"
    child.join()
    assert request(vendor, "GET", "/again").body == b"/again"
    assert peers[0] == peers[2] != peers[1]


def test_deadlines_of_threads_do_not_mix(vendor, vendor_server):
    def behave(connection, request_bytes):
        time.sleep(0.5 if b"/slow" in request_bytes else 0)
        connection.sendall(answer(b"done"))

    vendor_server.behave = behave
    outcomes = {}

    def run(path, deadline):
        try:
            outcomes[path] = request(vendor, "GET", path, deadline=deadline).body
        except VendorTimeout:
            outcomes[path] = None

    threads = [threading.Thread(target=run, args=a) for a in [("/slow", 5), ("/slow-short", 0.2), ("/quick", 1)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {"/slow": b"done", "/slow-short": None, "/quick": b"done"}
