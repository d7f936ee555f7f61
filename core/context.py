"""Whom and what the running request or task is for, as context variables set by the middleware and by tasks."""

import re
import secrets
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
# Bound only by signed-in endpoints, never while a search is answered.
user_id: ContextVar[str] = ContextVar("user_id", default="")

_SANE_ID = re.compile(r"[A-Za-z0-9.-]{8,64}\Z")


def sane_request_id(given: str | None) -> str:
    """The caller's id when it is harmless (letters, digits, hyphens; 8-64 characters), else a new one."""
    if given and _SANE_ID.match(given):
        return given
    return secrets.token_hex(16)
