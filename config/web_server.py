"""What gunicorn itself says, in our words: refusals as problem documents, log lines as JSON. For gunicorn.conf.py."""

import contextlib
import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger
from gunicorn.http import errors as http_errors

from config.own_addresses import OwnAddress
from core import context, metrics
from core.errors import HeadersTooLarge, InternalError, MalformedRequest, Problem, UriTooLong
from core.logs import JsonFormatter
from core.problems import API_POLICY, PERMISSIONS, document

logger = logging.getLogger(__name__)
# A client that is still sending a long request would lose the answer to a reset: read on, but not for ever.
_READ_ON_SECONDS = 2.0
_READ_ON_BYTES = 4_000_000
# As Django's middleware adds them to all that reaches it.
_SAFE = (
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: same-origin",
    f"Content-Security-Policy: {API_POLICY}",
    f"Permissions-Policy: {PERMISSIONS}",
)
_OVER_TLS = "Strict-Transport-Security: max-age=31536000; includeSubDomains; preload"
# What the application or the configuration did, though gunicorn counts it among the errors of parsing.
_OURS = (
    http_errors.ConfigurationProblem,
    http_errors.InvalidResponseHeader,  # type: ignore[attr-defined] # newer than the stubs
    http_errors.InvalidResponseHeaderName,  # type: ignore[attr-defined]
)


def cores(limit: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many cores this process may use: a container's limit is below the machine's number."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = limit.read_text().split()
        allowed = min(allowed, round(int(quota) / int(period)))
    return max(1, allowed)


class ProblemWorker(OwnAddress):
    """gunicorn's threads, with nobody held up by a client that does not hang up, and with answers of ours to what never
    reaches Django: gunicorn's own page is English, and its log line repeats the request.
    """

    def handle(self, conn: Any) -> Any:
        kept = super().handle(conn)
        if kept is False:
            # gunicorn's main thread would wait up to two seconds for the client's end, and every request with it. A
            # second close would raise there, and the connection be counted down twice.
            conn.close(graceful=True)
            conn.close = _is_closed
        return kept

    def handle_error(self, req: object, client: socket.socket, addr: object, exc: BaseException) -> None:
        problem = _problem(exc)
        context.request_id.set(context.sane_request_id(None))
        level = logging.ERROR if problem.status >= 500 else logging.WARNING
        # The text of the exception holds the line or header that was refused.
        logger.log(level, "Request refused by the server: %s", type(exc).__name__)
        metrics.api_errors.labels("unmatched", problem.slug).inc()
        with contextlib.suppress(OSError):
            client.settimeout(_READ_ON_SECONDS)
            client.sendall(_answer(problem))
            _read_on(client)


def _is_closed(graceful: bool = False) -> None:
    pass


def _problem(exc: BaseException) -> Problem:
    match exc:
        case http_errors.LimitRequestLine():
            return UriTooLong()
        case http_errors.LimitRequestHeaders():
            return HeadersTooLarge()
        case http_errors.ParseException() if not isinstance(exc, _OURS):
            return MalformedRequest()
    return InternalError()


def _answer(problem: Problem) -> bytes:
    body = document(problem)
    lines = (
        f"HTTP/1.1 {problem.status} {type(problem).__name__}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        f"X-Request-ID: {context.request_id.get()}",
        *(_SAFE if settings.INSECURE_HTTP else (*_SAFE, _OVER_TLS)),
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def _read_on(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)
    ends, left = time.monotonic() + _READ_ON_SECONDS, _READ_ON_BYTES
    while left > 0 and time.monotonic() < ends:
        got = client.recv(65_536)
        if not got:
            return
        left -= len(got)


class JsonLogger(Logger):
    """gunicorn's own lines (start, stop, a worker's timeout) in the shape of all others."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())
