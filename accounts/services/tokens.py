"""Pairs of tokens: issued at login, turned at refresh, ended at logout. A login's row decides, under its lock."""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from accounts import keyring
from accounts.jwts import AccessJwt, Claims, RefreshJwt, read_refresh, refused, sign
from accounts.models import Login, User
from accounts.services import denials
from core.errors import Unavailable
from ops.services import record_audit

logger = logging.getLogger(__name__)
# A phone may lose the answer to its refresh: for so long the old token gets the same answer again.
GRACE = timedelta(seconds=60)
# However often it is refreshed, a login ends after a year.
LONGEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tokens and for how many more seconds each holds."""

    access: str
    access_expires_in: int
    refresh: str
    refresh_expires_in: int


def issue(*, user_id: uuid.UUID, device: str = "") -> Pair:
    """Sign a device in. Beyond settings.LOGINS_PER_USER those are ended that were used longest ago."""
    now = timezone.now().replace(microsecond=0)
    login = Login(
        user_id=user_id, kind="app", device=device, created_at=now, last_used_at=now, issued_at=now,
        signed_with=next(iter(keyring.ring())),
    )  # fmt: skip
    login.expires_at = now + _refresh_lifetime(login)
    with transaction.atomic():
        # Two at once would leave each other's in.
        User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
        ended = _make_room(user_id, now)
        login.save(force_insert=True)
    # While Redis is away the sweep repeats it; that is nothing to refuse a login for.
    denials.publish(ended)
    return _pair(login)


def _make_room(user_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    living = Login.objects.filter(user_id=user_id, kind="app", revoked_at=None, expires_at__gt=now)
    excess = list(living.order_by("-last_used_at", "id").values_list("pk", flat=True)[settings.LOGINS_PER_USER - 1 :])
    # One that is refreshed or ended at this moment is no old one, and waiting for it would end in a deadlock.
    ended = _end(Login.objects.filter(pk__in=excess).select_for_update(skip_locked=True))
    for pk in ended:
        record_audit(actor=str(user_id), action="login.displaced", target=str(pk))
    return ended


def refresh(*, token: str) -> Pair:
    """The next pair; the same one again within the grace. Raises NotAuthenticated, and then a reused family is dead."""
    claims = read_refresh(token)
    with transaction.atomic():
        login = _locked(claims)
        pair = _turned(login, claims) if login else None
    if pair is None:
        denials.publish([uuid.UUID(claims.who.session_id)])
        raise refused()
    return pair


def _locked(claims: Claims) -> Login | None:
    return (
        Login.objects.select_for_update(of=("self",))
        .filter(pk=claims.who.session_id, user_id=claims.who.id, revoked_at=None, user__is_active=True)
        .first()
    )


def _turned(login: Login, claims: Claims) -> Pair | None:
    """None, with the family ended, when the token was used before."""
    now = timezone.now().replace(microsecond=0)
    if claims.token_id == login.token_id:
        _advance(login, now)
    elif claims.token_id != login.previous_token_id or now - login.issued_at > GRACE:
        logger.warning("A refresh token was used twice; its login is ended")
        _end([login])
        record_audit(actor=str(login.user_id), action="login.reused", target=str(login.pk))
        return None
    return _pair(login)


def _advance(login: Login, now: datetime) -> None:
    login.previous_token_id, login.token_id = login.token_id, uuid.uuid4()
    login.issued_at = login.last_used_at = now
    login.signed_with = next(iter(keyring.ring()))
    login.expires_at = now + _refresh_lifetime(login)
    login.save()


def _refresh_lifetime(login: Login) -> timedelta:
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    return max(timedelta(), min(lifetime, login.created_at + LONGEST - login.issued_at))


def _pair(login: Login) -> Pair:
    lifetimes = api_settings.ACCESS_TOKEN_LIFETIME, _refresh_lifetime(login)
    access, refresh = (
        sign(
            kind, user_id=login.user_id, login_id=login.pk, token_id=login.token_id,
            issued=int(login.issued_at.timestamp()), lifetime=lifetime, kid=login.signed_with,
        )
        for kind, lifetime in zip((AccessJwt, RefreshJwt), lifetimes, strict=True)
    )  # fmt: skip
    age = int((timezone.now() - login.issued_at).total_seconds())
    left = [max(0, int(lifetime.total_seconds()) - age) for lifetime in lifetimes]
    return Pair(access, left[0], refresh, left[1])


def end(*, token: str) -> None:
    """Log the token's device out. Raises NotAuthenticated, Unavailable (ended here, but Redis does not know yet)."""
    claims = read_refresh(token)
    with transaction.atomic():
        mine = Login.objects.filter(pk=claims.who.session_id, user_id=claims.who.id)
        was_alive = mine.filter(revoked_at=None).exists()
        ended = _end(mine)
        if was_alive:
            record_audit(actor=str(claims.who.id), action="logout", target=claims.who.session_id)
    _publish(ended)


def end_all(*, user_id: uuid.UUID) -> None:
    """Log every device and browser out. Raises Unavailable as `end` does."""
    with transaction.atomic():
        ended = end_logins_of(user_id)
        User.objects.filter(pk=user_id).update(session_epoch=F("session_epoch") + 1)
        record_audit(actor=str(user_id), action="logout.all")
    _publish(ended)


def end_logins_of(user_id: uuid.UUID) -> list[uuid.UUID]:
    """Inside the caller's transaction; the caller publishes the denials after it."""
    return _end(Login.objects.filter(user_id=user_id, expires_at__gt=timezone.now()))


def _end(logins: Iterable[Login]) -> list[uuid.UUID]:
    ids = [login.pk for login in logins]
    Login.objects.filter(pk__in=ids, revoked_at=None).update(revoked_at=timezone.now())
    return denials.deny(ids)


def _publish(ended: list[uuid.UUID]) -> None:
    if not denials.publish(ended):
        raise Unavailable("로그아웃을 마치지 못했어요. 잠시 뒤에 다시 시도해 주세요.", retry_after=5)
