"""A login by browser: what is sent to Kakao, and what must come back."""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import client
from accounts.errors import LoginRefused
from accounts.models import Login, User
from accounts.services import kakao
from ops.services import record_audit

# Longer than anybody needs for Kakao's page.
ATTEMPT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Attempt:
    """Kept in the browser's session between the two halves of a login; good once."""

    state: str
    nonce: str
    verifier: str
    next: str
    started: float


def begin(*, next_page: str) -> Attempt:
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    return Attempt(state, nonce, verifier, next_page, time.time())


def kakao_page(attempt: Attempt, *, redirect_uri: str) -> str:
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return client.authorize_url(
        redirect_uri=redirect_uri, state=attempt.state, nonce=attempt.nonce, challenge=challenge
    )


def stored(attempt: Attempt) -> dict[str, Any]:
    return asdict(attempt)


def resume(held: dict[str, Any] | None, *, state: str) -> Attempt:
    """The attempt that this answer belongs to. Raises LoginRefused for none, an old one, or another state."""
    attempt = Attempt(**held) if held else None
    if attempt is None or not hmac.compare_digest(attempt.state.encode(), state.encode("utf-8", "replace")):
        raise LoginRefused("로그인을 시작한 창이 아니에요. 처음부터 다시 로그인해 주세요.")
    if time.time() - attempt.started > ATTEMPT_SECONDS:
        raise LoginRefused("시간이 오래 지났어요. 처음부터 다시 로그인해 주세요.")
    return attempt


def finish(attempt: Attempt, *, code: str, redirect_uri: str) -> User:
    """Who came back. Raises LoginRefused, LoginUnavailable."""
    credentials = kakao.Credentials(
        code=code, redirect_uri=redirect_uri, verifier=attempt.verifier, nonce=attempt.nonce
    )
    return kakao.sign_in(credentials, to="web").user


def note_login(user: User, *, device: str) -> str:
    """List the browser among the user's devices; returns the login's id, for the session."""
    expires = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return str(Login.objects.create(user=user, kind="web", device=device, expires_at=expires).pk)


@transaction.atomic
def note_logout(user: User, *, login_id: str) -> None:
    Login.objects.filter(pk=login_id, user=user, revoked_at=None).update(revoked_at=timezone.now())
    record_audit(actor=str(user.pk), action="logout", target=login_id)
