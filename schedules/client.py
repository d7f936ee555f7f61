"""Expo's push service: plain functions, strict replies. https://docs.expo.dev/push-notifications/sending-notifications/

Not exponent_server_sdk: it opens sessions of its own, without a total deadline, past core.http's counts and breaker.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from pydantic import BaseModel, ConfigDict, ValidationError

from core import breaker, http, metrics
from core.errors import VendorBadReply, VendorError, VendorRefused, VendorUnreachable

VENDOR = "expo"
MAX_MESSAGES = 100
MAX_RECEIPTS = 1_000
TOTAL_SECONDS = 20.0
TOKEN = re.compile(r"Expo(?:nent)?PushToken\[[A-Za-z0-9_\-:.%+=/]{1,160}\]\Z", re.ASCII)

Reply = TypeVar("Reply", bound=BaseModel)


class TooManyPushes(VendorError):
    """Expo took none of these: more than it accepts in a second. Says nothing of its health."""

    counts_for_breaker = False
    outcome = "rate_limited"


class PushesRefused(VendorError):
    """Expo took none of these for what is in them (`reason` is its code); each alone may pass."""

    retryable = False
    counts_for_breaker = False
    outcome = "refused"


class PushKeyRefused(VendorRefused):
    """Our access token: an operator must look. Expo took none of these."""

    outcome = "key"


metrics.begin_at_zero(metrics.external_calls, (VENDOR, PushKeyRefused.outcome))


@dataclass(frozen=True, slots=True)
class Push:
    """One message to one device. `id` comes back in the phone's data, so that a repetition is shown once."""

    token: str
    title: str
    body: str
    data: Mapping[str, Any]
    ttl: int


class _Details(BaseModel):
    model_config = ConfigDict(extra="ignore")
    error: str = ""


class Ticket(BaseModel):
    """What Expo said of one message: `id` asks for its receipt later; `status` "error" names what is wrong."""

    model_config = ConfigDict(extra="ignore")
    status: str
    id: str = ""
    details: _Details = _Details()

    @property
    def error(self) -> str:
        return "" if self.status == "ok" else self.details.error or "unknown"


class _Tickets(BaseModel):
    data: list[Ticket]


class _Receipts(BaseModel):
    data: dict[str, Ticket]


class _Error(BaseModel):
    model_config = ConfigDict(extra="ignore")
    code: str = ""


class _Errors(BaseModel):
    errors: list[_Error]


def send(pushes: Sequence[Push]) -> list[Ticket]:
    """A ticket for each, in order. At most 100 (MAX_MESSAGES).

    Raises TooManyPushes, PushesRefused, BreakerOpen (surely not sent); VendorTimeout, VendorUnreachable,
    VendorBadReply (perhaps sent); PushKeyRefused (surely not sent).
    """
    messages = [
        {"to": push.token, "title": push.title, "body": push.body, "data": push.data, "ttl": push.ttl,
         "priority": "high", "sound": "default"}
        for push in pushes
    ]  # fmt: skip
    tickets = breaker.call(VENDOR, lambda: _ask("/--/api/v2/push/send", messages, _Tickets)).data
    if len(tickets) != len(pushes):
        raise VendorBadReply(VENDOR, "tickets do not match messages")
    return tickets


def receipts(ids: Sequence[str]) -> dict[str, Ticket]:
    """What became of messages, by ticket; those not known yet are left out. At most 1,000. Raises as `send`."""
    body = {"ids": list(ids)}
    return breaker.call(VENDOR, lambda: _ask("/--/api/v2/push/getReceipts", body, _Receipts)).data


def _ask(path: str, body: Any, kind: type[Reply]) -> Reply:
    vendor = http.Vendor(VENDOR, settings.EXPO_BASE_URL, total_timeout=TOTAL_SECONDS, max_body_bytes=2_000_000)
    headers = {"Accept": "application/json"}
    if settings.EXPO_ACCESS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.EXPO_ACCESS_TOKEN}"
    return http.ask(vendor, "POST", path, lambda reply: _read(reply, kind), json=body, headers=headers)


def _read(reply: http.Reply, kind: type[Reply]) -> Reply:
    if not reply.ok:
        raise _failure(reply)
    try:
        return kind.model_validate(json.loads(reply.body))
    except (ValueError, ValidationError):
        raise VendorBadReply(VENDOR, "unexpected shape") from None


def _failure(reply: http.Reply) -> VendorError:
    code = _code(reply.body)
    if reply.status == 429 or code == "TOO_MANY_REQUESTS":
        return TooManyPushes(VENDOR, "too many in a second")
    if reply.status >= 500:
        return VendorUnreachable(VENDOR, f"status {reply.status}")
    if reply.status in (401, 403):
        return PushKeyRefused(VENDOR, code or f"status {reply.status}")
    return PushesRefused(VENDOR, code or f"status {reply.status}")


def _code(body: bytes) -> str:
    try:
        errors = _Errors.model_validate(json.loads(body)).errors
    except (ValueError, ValidationError):
        return ""
    return errors[0].code[:60] if errors else ""
