"""data.go.kr, whatever the service: key, envelopes, error codes, daily budget. For the apps' `client.py` modules.

Contract: contracts/datagokr.md sections 6 and 7 (https://www.data.go.kr/tcs/dss/selectErrCodePopupView.do). Answers are
judged by their body: errors come at HTTP 200 and 403, as XML, JSON, plain text or a firewall's HTML page.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, cast
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.conf import settings

from core import breaker, datagokr_budget, http, metrics
from core.errors import BreakerOpen, VendorBadReply, VendorError, VendorRefused, VendorUnreachable

logger = logging.getLogger(__name__)

VENDOR = "datagokr"
"""Its name in metrics, logs and the breaker."""
breaker.watch(VENDOR)
Purpose = Literal["interactive", "background"]

# A TLS handshake has been seen to take nine seconds.
_CONNECT_SECONDS, _TOTAL_SECONDS = 10.0, 30.0
_OK, _NO_DATA = ("0", "00", "0000"), ("3", "03")
_QUOTA, _TOO_FAST = 22, 23
_KEY_CODES = frozenset((20, 21, 29, 30, 31, 32, 33))
_OUR_MISTAKES = frozenset((10, 11, 12))
# What the newer gateway says in plain text, by how it begins.
_PLAIN_TEXTS = (
    ("API token quota exceeded", _QUOTA),
    ("API rate limit exceeded", _TOO_FAST),
    ("Unauthorized", 30),
    ("Forbidden", 20),
    ("API not found", 12),
    ("Error ", 4),
    ("Unexpected error", 99),
)


class KeyRefused(VendorRefused):
    """No key, a wrong or expired one, or one without permission for this service: an operator must look."""

    outcome = "key"


class BadCall(VendorRefused):
    """The service does not know the operation or a parameter: our mistake, or a retired version."""

    outcome = "bad_call"


class QuotaExceeded(VendorRefused):
    """The vendor's own daily quota is spent (code 22); nothing goes out to this operation until midnight in Korea."""

    outcome = "quota"


metrics.begin_at_zero(metrics.external_calls, (VENDOR, KeyRefused.outcome), (VENDOR, QuotaExceeded.outcome))


class TooFast(VendorError):
    """Too many calls within a second (code 23); the operation rests a moment."""

    counts_for_breaker = False
    outcome = "too_fast"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its path below the base address, and the parameters it is always called with.

    `speaks`: what its answers are written in. An older service knows XML alone.
    """

    path: str
    always: Mapping[str, str]
    speaks: Literal["json", "xml"] = "json"

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows as they came. `number` is the page the vendor says it is, None when it does not say."""

    number: int | None
    total: int
    rows: list[object]


def fetch(
    operation: Operation,
    params: Mapping[str, str | int],
    *,
    deadline: float = _TOTAL_SECONDS,
    purpose: Purpose = "background",
) -> Page:
    """One call. `purpose` "interactive" leaves the day's last calls to the mirror and never waits.

    Raises KeyRefused, BadCall, QuotaExceeded, TooFast; BudgetExhausted and BreakerOpen (not asked); VendorTimeout,
    VendorUnreachable, VendorBadReply (also a total without its rows).
    """
    datagokr_budget.respect_pause(operation.name, purpose == "background", TooFast(VENDOR, "resting"))
    datagokr_budget.spend(VENDOR, operation.name, reserved=purpose == "interactive")
    try:
        page = breaker.call(VENDOR, lambda: _exchange(operation, params, deadline))
    except BreakerOpen:
        datagokr_budget.refund(operation.name)
        raise
    except QuotaExceeded:
        datagokr_budget.exhaust(operation.name)
        raise
    except TooFast:
        datagokr_budget.pause(operation.name)
        raise
    return page


def _exchange(operation: Operation, params: Mapping[str, str | int], deadline: float) -> Page:
    vendor = http.Vendor(VENDOR, settings.DATA_GO_KR_BASE_URL, _CONNECT_SECONDS, _TOTAL_SECONDS)
    asked = {**operation.always, **params, "serviceKey": _key()}

    def read(reply: http.Reply) -> Page:
        page = parse(reply.body, reply.status, speaks=operation.speaks)
        _check_rows(page, params)
        return page

    return http.ask(vendor, "GET", operation.path, read, params=asked, deadline=deadline)


def _key() -> str:
    """The portal shows the key percent-encoded too; encoding that one again would make it another key."""
    key: str = settings.DATA_GO_KR_SERVICE_KEY.strip()
    if not key:
        raise KeyRefused(VENDOR, "no service key is set")
    return unquote(key) if "%" in key else key


def _check_rows(page: Page, params: Mapping[str, str | int]) -> None:
    number, size = int(params.get("pageNo", 1)), int(params.get("numOfRows", 1))
    if page.number not in (None, number):
        raise VendorBadReply(VENDOR, f"page {page.number} instead of {number}")
    if not page.rows and page.total > (number - 1) * size:
        raise VendorBadReply(VENDOR, f"no rows of {page.total}")


def parse(body: bytes, status: int = 200, *, speaks: Literal["json", "xml"] = "json") -> Page:
    """What an answer says; raises as `fetch` does."""
    text = body.strip()
    if text.startswith(b"<"):
        root = _xml(text, status)
        if speaks == "xml" and (root.findtext("header/resultCode") or "").strip() in _OK:
            return _page(_as_dict(root), status)
        _refuse_xml(root, status)
    if text[:1] not in (b"{", b"["):
        _refuse_plain(text, status)
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        raise VendorBadReply(VENDOR, f"no JSON at status {status}") from None
    return _page(whole, status)


def _page(whole: object, status: int) -> Page:
    envelope = _dict(whole)
    envelope = _dict(envelope.get("response")) or envelope
    _check_code(envelope, status)
    body = _dict(envelope.get("body"))
    total = _count(body.get("totalCount"))
    if _code(envelope) in _NO_DATA:
        return Page(None, 0, [])
    if total is None:
        raise VendorBadReply(VENDOR, f"no totalCount at status {status}")
    return Page(_count(body.get("pageNo")), total, _rows(body.get("items")))


def _check_code(envelope: Mapping[str, Any], status: int) -> None:
    code = _code(envelope)
    if not code:
        raise VendorBadReply(VENDOR, f"no result code at status {status}")
    if code not in (*_OK, *_NO_DATA):
        _refuse(code)


def _code(envelope: Mapping[str, Any]) -> str:
    """The result code of any of the envelopes; "" when there is none."""
    gateway = _dict(_dict(envelope.get("OpenAPI_ServiceResponse")).get("cmmMsgHeader")) or _dict(
        envelope.get("cmmMsgHeader")
    )
    for header, name in (
        (gateway, "returnReasonCode"),
        (_dict(envelope.get("header")), "resultCode"),
        (_dict(envelope.get("result")), "resultCode"),
    ):
        if header.get(name) is not None:
            return str(header[name]).strip()
    return ""


def _rows(items: object) -> list[object]:
    """Rows of any shape seen: a list of rows or of {"item": row}, {"item": rows or one row}, one row, or nothing."""
    if isinstance(items, Mapping):
        inner = items.get("item", items)
        items = inner if isinstance(inner, list) else [inner]
    if not isinstance(items, list):
        return []
    return [_unwrapped(row) for row in items if row not in ({}, "", None)]


def _unwrapped(row: object) -> object:
    return row["item"] if isinstance(row, dict) and row.keys() == {"item"} else row


def _xml(text: bytes, status: int) -> Element:
    try:
        return fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException):
        raise VendorBadReply(VENDOR, f"a page instead of data at status {status}") from None


def _as_dict(root: Element) -> dict[str, Any]:
    """An answer in XML in the shape that one in JSON has."""
    rows = [{field.tag: field.text or "" for field in item} for item in root.iterfind("body/items/item")]
    body = {name: root.findtext(f"body/{name}") for name in ("pageNo", "totalCount")}
    return {"header": {"resultCode": root.findtext("header/resultCode")}, "body": body | {"items": rows}}


def _refuse_xml(root: Element, status: int) -> NoReturn:
    """XML where JSON was asked for is an error: the gateway's, the service's, or a page meant for a browser."""
    code = root.findtext(".//returnReasonCode") or root.findtext(".//resultCode") or ""
    if not code.strip() or code.strip() in _OK:
        raise VendorBadReply(VENDOR, f"XML instead of JSON at status {status}")
    _refuse(code.strip())


def _refuse_plain(text: bytes, status: int) -> NoReturn:
    said = text[:60].decode("utf-8", "replace")
    code = next((code for beginning, code in _PLAIN_TEXTS if said.startswith(beginning)), None)
    if code is not None:
        _refuse(str(code))
    if status == 429:
        _refuse(str(_TOO_FAST))
    if status >= 500:
        raise VendorUnreachable(VENDOR, f"status {status}")
    raise VendorBadReply(VENDOR, f"{'no' if not text else 'unreadable'} body at status {status}")


def _refuse(code: str) -> NoReturn:
    number = int(code) if code.isascii() and code.isdigit() and len(code) < 5 else -1
    why = f"code {number}" if number >= 0 else "an unknown code"
    if number == _QUOTA:
        raise QuotaExceeded(VENDOR, why)
    if number == _TOO_FAST:
        raise TooFast(VENDOR, why)
    if number in _KEY_CODES:
        raise KeyRefused(VENDOR, why)
    if number in _OUR_MISTAKES:
        raise BadCall(VENDOR, why)
    raise VendorUnreachable(VENDOR, why)


def _count(value: object) -> int | None:
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _dict(value: object) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
