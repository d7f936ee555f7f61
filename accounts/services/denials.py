"""Refusing the access tokens of a login that ended: a row for as long as one can live, and its copy in Redis.

The row is the truth. Redis is what the throttle reads; a sweep writes it again each minute, so that neither an
outage nor an empty cache lets a token live on, and while Redis is away the throttle asks `is_denied`.
"""

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta

import redis
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from accounts.models import DeniedLogin
from core.postgresql import DATABASE_AWAY
from core.throttling import deny_session

logger = logging.getLogger(__name__)
_MARGIN = timedelta(seconds=30)


def deny(login_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Write the rows; call inside the transaction that ends the logins, and `publish` after it."""
    until = timezone.now() + api_settings.ACCESS_TOKEN_LIFETIME + _MARGIN
    rows = [DeniedLogin(login_id=login_id, until=until) for login_id in login_ids]
    DeniedLogin.objects.bulk_create(rows, update_conflicts=True, unique_fields=["login_id"], update_fields=["until"])
    return [row.login_id for row in rows]


def publish(login_ids: Iterable[uuid.UUID]) -> bool:
    """Tell Redis; False when it is away. The sweep repeats it then, and the caller must not claim success."""
    ids = list(login_ids)
    rows = DeniedLogin.objects.filter(login_id__in=ids, until__gt=timezone.now())
    return _tell(rows)


def _tell(rows: Iterable[DeniedLogin]) -> bool:
    try:
        for row in rows:
            deny_session(str(row.login_id), seconds=max(1, int((row.until - timezone.now()).total_seconds())))
    except redis.RedisError as error:
        logger.error("Ended logins not told to Redis: %s", type(error).__name__)
        return False
    return True


def sweep() -> int:
    """Write every living denial to Redis again, delete the others; returns how many live."""
    DeniedLogin.objects.filter(until__lte=timezone.now()).delete()
    rows = list(DeniedLogin.objects.all())
    _tell(rows)
    return len(rows)


def is_denied(session_id: str) -> bool:
    """For the throttle while Redis is away. With the database away too, nothing personal can be read anyway."""
    try:
        return DeniedLogin.objects.filter(login_id=session_id, until__gt=timezone.now()).exists()
    except DATABASE_AWAY:
        return False
