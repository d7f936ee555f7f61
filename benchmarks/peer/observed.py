"""Around every request of the peer: an id, a JSON log line without the query, a Prometheus histogram."""

import logging
import re
import sys
import time
from typing import Any
from uuid import uuid4

import orjson
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SANE = re.compile(rb"[A-Za-z0-9.-]{8,64}")
_TIMES = Histogram("peer_response_time_seconds", "Time of a request", ["route", "method", "status"])
_log = logging.getLogger("peer.access")


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"timestamp": record.created, "level": record.levelname, "module": record.name}
        return orjson.dumps(line | {"message": record.getMessage()} | record.__dict__.get("fields", {})).decode()


def set_up_logging() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False


class Observed:
    """A plain ASGI middleware: `BaseHTTPMiddleware` would start tasks for each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        scope["state"]["request_id"] = request_id = _request_id(scope)

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                passed = f"total;dur={(time.perf_counter() - started) * 1000:.2f}"
                message["headers"] += [
                    (b"x-request-id", request_id.encode()),
                    (b"server-timing", passed.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        finally:
            _record(scope, status, time.perf_counter() - started, request_id)


def _request_id(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _SANE.fullmatch(given) else uuid4().hex


def _record(scope: Scope, status: int, seconds: float, request_id: str) -> None:
    route = getattr(scope.get("route"), "path", "unmatched")
    _TIMES.labels(route, scope["method"], status).observe(seconds)
    fields = {
        "route": route, "method": scope["method"], "status": status, "duration_ms": round(seconds * 1000, 2),
        "request_id": request_id,
    }  # fmt: skip
    _log.info("request", extra={"fields": fields})
