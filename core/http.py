"""The one door out: every call to a vendor goes through `request`. Plain Python; for the apps' `client.py` modules."""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
from requests import exceptions as failures
from urllib3.exceptions import HTTPError as TransportError

from core import deadline as deadlines
from core import metrics
from core.errors import VendorBadReply, VendorError, VendorRefused, VendorTimeout, VendorUnreachable
from core.version import USER_AGENT

logger = logging.getLogger(__name__)
T = TypeVar("T")

MAX_BODY_BYTES = 20 * 1024 * 1024
_POOL_SIZE = 16
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_RETRIED_STATUS = frozenset((502, 503, 504))
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Vendor:
    """An outside service. Times in seconds; `attempts` counts the first try too and holds for safe methods alone."""

    name: str
    base_url: str
    connect_timeout: float = 3.0
    total_timeout: float = 10.0
    attempts: int = 2
    backoff: float = 0.2
    max_body_bytes: int = MAX_BODY_BYTES


@dataclass(frozen=True, slots=True)
class Reply:
    """What a vendor answered, whatever the status. Header names are lower case; `elapsed` in seconds, with retries."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


_sessions: dict[str, requests.Session] = {}
# A socket shared by parent and child would mix their answers up.
os.register_at_fork(after_in_child=_sessions.clear)


def _session(vendor: Vendor) -> requests.Session:
    session = _sessions.get(vendor.name)
    if session is None:
        session = requests.Session()
        session.headers["User-Agent"] = USER_AGENT
        # No proxy or .netrc from the environment: an address goes where the settings say.
        session.trust_env = False
        adapter = deadlines.DeadlineAdapter(pool_connections=4, pool_maxsize=_POOL_SIZE, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session = _sessions.setdefault(vendor.name, session)
    return session


def request(
    vendor: Vendor,
    method: str,
    path: str,
    *,
    params: Mapping[str, str | int] | None = None,
    json: Any = None,
    data: bytes | Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> Reply:
    """One call, answered within `deadline` seconds (the vendor's `total_timeout` by default), retries included.

    Redirects are not followed. Retried, for safe methods only: no connection, 502, 503, 504.
    Raises VendorTimeout (our deadline), VendorUnreachable (no or a broken connection), VendorBadReply (a body that
    cannot be decoded, is cut off or too large). Statuses are left to the caller: see `expect_ok`.
    """
    return ask(vendor, method, path, _as_it_is, params=params, json=json, data=data, headers=headers, deadline=deadline)


def _as_it_is(reply: Reply) -> Reply:
    return reply


def ask(
    vendor: Vendor,
    method: str,
    path: str,
    read: Callable[[Reply], T],
    *,
    params: Mapping[str, str | int] | None = None,
    json: Any = None,
    data: bytes | Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    deadline: float | None = None,
) -> T:
    """What `read` makes of the answer to such a call; what it raises is what the call came to, and counted as that (a
    vendor may refuse our key at status 200).
    """
    call = requests.Request(
        method, vendor.base_url.rstrip("/") + path, params=params, json=json, data=data, headers=dict(headers or {})
    )
    reply = _answered(vendor, call, deadline)
    with _failures_counted(vendor):
        found = read(reply)
    _count(vendor, _by_status(reply))
    return found


def _answered(vendor: Vendor, call: requests.Request, deadline: float | None) -> Reply:
    """The last answer, not counted yet; every try before it is."""
    started = time.monotonic()
    ends = started + (vendor.total_timeout if deadline is None else deadline)
    attempts = vendor.attempts if call.method in _SAFE else 1
    for attempt in range(1, attempts + 1):
        last = attempt == attempts
        try:
            reply = _attempt(vendor, call, ends, started)
        except VendorUnreachable:
            if last or not _pause(vendor, attempt, ends):
                raise
            continue
        if last or reply.status not in _RETRIED_STATUS or not _pause(vendor, attempt, ends):
            return reply
        _count(vendor, _by_status(reply))
    raise AssertionError("unreachable: attempts is at least one")


def _pause(vendor: Vendor, attempt: int, ends: float) -> bool:
    """Wait a jittered moment before the next try; False when the deadline leaves no room for one."""
    seconds = vendor.backoff * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
    if time.monotonic() + seconds >= ends:
        return False
    time.sleep(seconds)
    return True


def _attempt(vendor: Vendor, call: requests.Request, ends: float, started: float) -> Reply:
    try:
        with _failures_counted(vendor):
            return _exchange(vendor, call, ends, started)
    except VendorError as error:
        # Our reason, never the text of requests' exception: that holds the whole address, keys included.
        logger.warning("Call failed: %s", error.reason, extra={"vendor": vendor.name, "outcome": error.outcome})
        raise


@contextmanager
def _failures_counted(vendor: Vendor) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        _count(vendor, error.outcome if isinstance(error, VendorError) else "error")
        raise


def _by_status(reply: Reply) -> str:
    return "ok" if reply.status < 400 else f"http_{reply.status // 100}xx"


def _count(vendor: Vendor, outcome: str) -> None:
    metrics.external_calls.labels(vendor.name, outcome).inc()


def _exchange(vendor: Vendor, call: requests.Request, ends: float, started: float) -> Reply:
    deadlines.begin(ends)
    session = _session(vendor)
    try:
        left = deadlines.left()
        response = session.send(
            session.prepare_request(call),
            timeout=(min(vendor.connect_timeout, left), left),
            allow_redirects=False,
            stream=True,
        )
        with response:
            body = _read(vendor, response)
    except (failures.RequestException, TransportError, OSError) as error:
        failure = _translated(vendor, error, ends)
    else:
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, lowered, body, time.monotonic() - started)
    # Raised out here it has no context: the exception of requests holds the whole address, keys included.
    raise failure


def _read(vendor: Vendor, response: requests.Response) -> bytes:
    parts = bytearray()
    for chunk in response.raw.stream(_CHUNK, decode_content=True):
        parts += chunk
        if len(parts) > vendor.max_body_bytes:
            raise VendorBadReply(vendor.name, "body too large")
        deadlines.left()
    return bytes(parts)


def _translated(vendor: Vendor, error: Exception, ends: float) -> VendorError:
    if time.monotonic() >= ends - 0.001 or isinstance(error, failures.ReadTimeout):
        return VendorTimeout(vendor.name, "deadline passed")
    if isinstance(error, failures.ConnectionError | OSError) and not isinstance(error, failures.ChunkedEncodingError):
        return VendorUnreachable(vendor.name, f"no connection ({type(error).__name__})")
    return VendorBadReply(vendor.name, f"unreadable answer ({type(error).__name__})")


def expect_ok(vendor: Vendor, reply: Reply) -> Reply:
    """The reply when it is a 2xx. Raises VendorUnreachable for 5xx, VendorBadReply for 3xx, VendorRefused for 4xx."""
    if reply.ok:
        return reply
    reason = f"status {reply.status}"
    if reply.status >= 500:
        raise VendorUnreachable(vendor.name, reason)
    raise (VendorBadReply if reply.status < 400 else VendorRefused)(vendor.name, reason)
