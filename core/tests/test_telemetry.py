"""Traces and reports leave only when an address is given, and then without a word of what was asked."""

import gzip
import http.server
import os
import subprocess
import sys
import threading

import pytest

from core import telemetry
from sandbox.home import PROJECT

PROGRAM = """
import logging, os, sys
sys.argv = ["test"]
# As gunicorn does it: the application is made by the master, and traces begin in its workers.
from config.wsgi import application
from core import telemetry
telemetry.start("web")
from django.test import RequestFactory
asks = RequestFactory(headers={
    "host": "localhost", "authorization": "Bearer secret-token", "baggage": "word=secret-baggage",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "word=secret-state",
})
for path in ("/api/v1/medicines?q=secret-word&limit=1000", "/livez", "/secret-path"):
    answer = application(asks.get(path).environ, lambda status, headers: print(status))
    b"".join(answer)
    answer.close()
try:
    raise RuntimeError("secret-text")
except RuntimeError:
    logging.getLogger("core").exception("secret-message")
if "opentelemetry.sdk.trace" in sys.modules:
    from opentelemetry import trace
    getattr(trace.get_tracer_provider(), "shutdown", lambda: None)()
if "sentry_sdk" in sys.modules:
    import sentry_sdk
    sentry_sdk.flush()
"""


@pytest.fixture
def collector():
    """Takes whatever is sent; `bodies` has it with the path."""
    bodies = []

    class Taker(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append((self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            """Silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    thread.join()
    server.server_close()


def run(**variables):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def plain(bodies):
    return b"".join(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for _, _, body in bodies)


def test_a_trace_has_the_route_and_nothing_of_the_question(collector):
    address, bodies = collector
    run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}", OTEL_TRACES_SHARE="1")
    assert {path for path, _, _ in bodies} == {"/v1/traces"}
    sent = plain(bodies)
    assert b"pilling-web" in sent
    assert b"http.route" in sent
    assert b"livez" in sent
    for secret in (b"secret", b"limit=1000", b"127.0.0.1"):
        assert secret not in sent


def test_no_client_says_what_is_traced(collector):
    address, bodies = collector
    run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}", OTEL_TRACES_SHARE="0")
    assert bodies == []


def test_a_clients_trace_is_not_gone_on_with(collector):
    address, bodies = collector
    run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{address}", OTEL_TRACES_SHARE="1")
    assert bytes.fromhex("0af7651916cd43dd8448eb211c80319c") not in plain(bodies)


def test_a_report_says_where_and_not_what(collector):
    address, bodies = collector
    run(SENTRY_DSN=f"http://key@{address}/1")
    sent = plain(bodies)
    assert b"RuntimeError" in sent
    for secret in (b"secret-text", b"secret-message", b"secret-word", b"secret-token"):
        assert secret not in sent


LOADED = """
import sys
import django
django.setup()
from core import telemetry
telemetry.start("web")
# redis-py itself imports OpenTelemetry's metrics where they are installed.
unasked = {"opentelemetry.instrumentation", "opentelemetry.exporter", "sentry_sdk", "openai", "holidays"}
seen = [unasked & set(sys.modules)]
%s
print(seen)
"""
WEB = """
import config.wsgi
seen += ["openai" in sys.modules, "holidays" in sys.modules]
"""
WORKER = """
from config.celery import app
for queues in ("reminders", "people,reminders"):
    app.Worker(queues=queues)
    seen.append("openai" in sys.modules)
"""


@pytest.mark.parametrize(
    ("program", "seen"), [(WEB, "[set(), True, True]"), (WORKER, "[set(), False, True]")], ids=["web", "worker"]
)
def test_a_process_loads_what_its_own_work_needs_before_it_forks_and_nothing_else(program, seen):
    command, env = [sys.executable, "-c", LOADED % program], os.environ | {"OPENAI_API_KEY": "a-key"}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == [seen], done.stderr


def test_what_is_told_is_a_list():
    assert telemetry.told({"http.route": "a", "url.full": "b", "db.statement": "c"}) == {"http.route": "a"}
