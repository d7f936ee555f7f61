"""A form that arrives twice does its work once: its hidden key names it, as `Idempotency-Key` does over the API.

What was changed in between (by way of the back button) is another form, though its key is the same.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest

from core import throttling
from core.errors import Conflict
from dashboard.page import person
from ops.services import Claim, StoredAnswer, abandon_request, begin_request, finish_request

FIELD = "form_key"
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
_NOT_CONTENT = (FIELD, "csrfmiddlewaretoken")
# The first of two taps is at work meanwhile: the second waits for its answer.
_LOOKS, _PAUSE = 30, 0.1


def new_key() -> str:
    return secrets.token_urlsafe(18)


def once(request: HttpRequest, do: Callable[[], str]) -> tuple[str, bool]:
    """The address that `do` gave, and whether it was given before. A form without a key is simply done."""
    key = request.POST.get(FIELD, "")
    if not _KEY.match(key):
        return do(), False
    begun = _begin(request, key)
    if isinstance(begun, StoredAnswer):
        return begun.headers["Location"], True
    return _run(begun, do), False


def _begin(request: HttpRequest, key: str) -> Claim | StoredAnswer:
    owner, digest = throttling.user_key(str(person(request))), _digest(request)
    for _ in range(_LOOKS):
        try:
            return begin_request(owner=owner, key=f"page:{key}:{digest}", request_hash=digest)
        except Conflict:
            time.sleep(_PAUSE)
    raise Conflict("같은 내용을 처리하고 있어요. 잠시 뒤에 화면을 새로 열어 확인해 주세요.")


def _run(claim: Claim, do: Callable[[], str]) -> str:
    try:
        where = do()
    except BaseException:
        abandon_request(claim=claim)
        raise
    finish_request(claim=claim, answer=StoredAnswer(302, {"Location": where}, b""))
    return where


def _digest(request: HttpRequest) -> str:
    content = sorted((name, values) for name, values in request.POST.lists() if name not in _NOT_CONTENT)
    return hashlib.sha256(repr((request.path, content)).encode("utf-8", "replace")).hexdigest()
