"""Kakao's unlink webhook (contracts/kakao_login.md section 8): 200 within three seconds, whatever happens here."""

import hmac
import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

from accounts import tasks
from accounts.schema import DescribeUnlinked
from accounts.services import errands, kakao
from core.api import plain_view
from core.celery_task import enqueue
from core.errors import NotAuthenticated
from core.postgresql import DATABASE_AWAY

logger = logging.getLogger(__name__)
_MAX_BODY = 8_192


@plain_view(scope=None, methods=("GET", "POST"), describe=DescribeUnlinked)
def unlinked(request: HttpRequest) -> HttpResponse:
    """Who unlinked us at Kakao is erased here. Anyone but Kakao gets 401, and costs no query."""
    if not _has_our_key(request):
        raise NotAuthenticated
    fields = _fields(request)
    if fields.get("app_id") != settings.KAKAO_APP_ID:
        raise NotAuthenticated
    number = fields.get("user_id", "")
    if number.isascii() and number.isdigit() and len(number) <= 19:
        _note(kakao.kakao_sub(number))
    else:
        logger.error("Kakao's webhook named no member")
    return HttpResponse(status=200)


def _has_our_key(request: HttpRequest) -> bool:
    expected = f"KakaoAK {settings.KAKAO_ADMIN_KEY}".encode()
    given = request.META.get("HTTP_AUTHORIZATION", "").encode("utf-8", "replace")
    return bool(settings.KAKAO_ADMIN_KEY) and hmac.compare_digest(given, expected)


def _fields(request: HttpRequest) -> QueryDict:
    if request.method == "GET":
        return request.GET
    # Read by hand: whatever the body is, the answer must not depend on its form.
    return QueryDict(request.body if len(request.body) <= _MAX_BODY else b"")


def _note(kakao_sub: str) -> None:
    try:
        errand = errands.note_unlinked(kakao_sub=kakao_sub)
    except DATABASE_AWAY as error:
        logger.error("Kakao's webhook not stored: %s", type(error).__name__)
        if not enqueue(tasks.note_unlinked, kakao_sub):
            logger.critical("Kakao's webhook is lost: neither the database nor the broker took it")
        return
    enqueue(tasks.run_errand, errand)
