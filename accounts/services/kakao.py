"""From what a client brings to a Kakao member, and from a member to our user."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from accounts import client, id_tokens
from accounts.client import KakaoDenied, Member
from accounts.errors import LoginRefused, LoginUnavailable
from accounts.models import KakaoErrand, User
from core import breaker
from core.errors import BreakerOpen, VendorError, VendorRefused
from ops.services import record_audit

logger = logging.getLogger(__name__)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]")
_MAX_NICKNAME = 60
_MAX_PICTURE = 500
# So many of a process's threads may log somebody in, and so many of these be out at Kakao while the others wait a
# moment. Without it a Kakao that hangs would hold every thread that searches are answered by.
_door, _places = threading.BoundedSemaphore(5), threading.BoundedSemaphore(3)
_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """One of three ways: `code` (with `redirect_uri`), `id_token`, `access_token`; the others are ""."""

    code: str = ""
    redirect_uri: str = ""
    verifier: str = ""
    nonce: str = ""
    id_token: str = ""
    access_token: str = ""

    @property
    def way(self) -> str:
        return "code" if self.code else "id_token" if self.id_token else "access_token"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Our user behind a Kakao member."""

    user: User
    is_new: bool


def sign_in(credentials: Credentials, *, to: str) -> SignIn:
    """Find or make the user. `to`: "app", or "web", where staff are not let in: the admin wants their password.

    Raises LoginRefused, LoginUnavailable.
    """
    member = _identified(credentials)
    found = _user_of(member)
    if not found.user.is_active:
        raise LoginRefused("이용이 정지된 계정이에요.")
    if to == "web" and found.user.is_staff:
        raise LoginRefused("직원 계정은 관리자 화면에서 로그인해 주세요.")
    details = {"way": credentials.way, "to": to, "new": found.is_new}
    record_audit(actor=str(found.user.pk), action="login", details=details)
    return found


def _identified(credentials: Credentials) -> Member:
    # Without our own keys and app id nothing could be compared with them.
    if not (settings.KAKAO_REST_API_KEY and settings.KAKAO_APP_ID):
        raise LoginUnavailable("카카오 로그인이 설정되어 있지 않아요.", retry_after=3600)
    try:
        with _taken(_door, wait=0), _taken(_places, wait=_WAIT_SECONDS):
            return _ask(credentials)
    except KakaoDenied as error:
        logger.info("Login refused: %s", error.reason, extra={"vendor": error.vendor})
        raise LoginRefused from None
    except BreakerOpen as error:
        raise LoginUnavailable(retry_after=breaker.retry_after(error.vendor)) from None
    except VendorRefused as error:
        logger.error("Kakao refuses our registration or our quota: %s", error.reason, extra={"vendor": error.vendor})
        raise LoginUnavailable from None
    except VendorError:
        raise LoginUnavailable from None


@contextmanager
def _taken(places: threading.BoundedSemaphore, *, wait: float) -> Iterator[None]:
    if not places.acquire(timeout=wait):
        raise LoginUnavailable(retry_after=5)
    try:
        yield
    finally:
        places.release()


def _ask(given: Credentials) -> Member:
    if given.id_token:
        return id_tokens.verify(given.id_token, nonce=given.nonce)
    if given.access_token:
        # First of all: with any other app's token `member_of` would answer just as well.
        if client.app_of(given.access_token) != settings.KAKAO_APP_ID:
            raise KakaoDenied(client.NAME, "another app's token")
        return client.member_of(given.access_token)
    answer = client.exchange_code(code=given.code, redirect_uri=given.redirect_uri, verifier=given.verifier)
    if answer.id_token:
        return id_tokens.verify(answer.id_token, nonce=given.nonce)
    return client.member_of(answer.access_token)


def kakao_sub(number: str) -> str:
    return f"{settings.KAKAO_APP_ID}:{number}"


@transaction.atomic
def _user_of(member: Member) -> SignIn:
    """Two at once make one user: the second insert meets the unique column and reads the first's row."""
    sub, picture = kakao_sub(member.number), _picture(member.picture)
    user, is_new = User.objects.get_or_create(
        kakao_sub=sub,
        defaults={"nickname": clean_nickname(member.nickname), "picture": picture, "password": make_password(None)},
    )
    changes = {"last_login": timezone.now()} | ({"picture": picture} if picture else {})
    if not User.objects.filter(pk=user.pk).update(**changes):
        # Erased between our look and our write: they come as somebody new.
        return _user_of(member)
    # Who comes back before Kakao heard of the farewell is welcome.
    KakaoErrand.objects.filter(kakao_sub=sub).delete()
    user.refresh_from_db()
    return SignIn(user, is_new)


def clean_nickname(given: str) -> str:
    """Without what cannot be seen or turns the text around it."""
    return _CONTROL.sub("", given).strip()[:_MAX_NICKNAME]


def _picture(given: str) -> str:
    """An https address, or none: Kakao hands out http ones unless asked otherwise."""
    secure = re.sub(r"\Ahttp://", "https://", given)
    harmless = re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?/[\x21-\x7e]*", secure)
    return secure if harmless and len(secure) <= _MAX_PICTURE else ""
