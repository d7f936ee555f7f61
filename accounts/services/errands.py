"""What is still to be settled about a Kakao member. The row is the truth; a task runs it, a sweep finds it again."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts import client
from accounts.client import KakaoNotLinked
from accounts.models import ErasureReceipt, KakaoErrand
from accounts.services import erasure
from core.errors import VendorError

logger = logging.getLogger(__name__)
# While a worker is at it; after its death somebody else may.
_LEASE = timedelta(minutes=3)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
# Kakao waits three seconds for the answer to its webhook.
_WEBHOOK_STATEMENT_MS = 1_000


def note_unlinked(*, kakao_sub: str) -> int:
    """Somebody unlinked us at Kakao: keep that they are to be erased. Raises OperationalError."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(_WEBHOOK_STATEMENT_MS)])
        errand, _ = KakaoErrand.objects.get_or_create(kind=KakaoErrand.ERASE, kakao_sub=kakao_sub)
    return errand.pk


def due(*, limit: int = 100) -> list[int]:
    """Errands to be sent again, oldest first."""
    rows = KakaoErrand.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def run(*, pk: int) -> bool:
    """Settle one; False when it is done, another's turn, or must wait. Never raises for Kakao's sake."""
    errand = _claimed(pk)
    if errand is None:
        return False
    if errand.kind == KakaoErrand.ERASE:
        erasure.erase_member(kakao_sub=errand.kakao_sub)
        return True
    return _unlink(errand)


def _claimed(pk: int) -> KakaoErrand | None:
    now = timezone.now()
    mine = KakaoErrand.objects.filter(pk=pk, due_at__lte=now).update(due_at=now + _LEASE, attempts=F("attempts") + 1)
    return KakaoErrand.objects.filter(pk=pk).first() if mine else None


def _unlink(errand: KakaoErrand) -> bool:
    try:
        _at_kakao(errand)
    except VendorError as error:
        pause = min(_FIRST_PAUSE * 2 ** min(errand.attempts - 1, 16), _LONGEST_PAUSE)
        KakaoErrand.objects.filter(pk=errand.pk).update(due_at=timezone.now() + pause)
        logger.warning("Unlinking must wait: %s", error.reason, extra={"vendor": error.vendor})
        return False
    with transaction.atomic():
        if errand.receipt:
            ErasureReceipt.objects.filter(pk=errand.receipt).update(unlinked_at=timezone.now())
        KakaoErrand.objects.filter(pk=errand.pk).delete()
    return True


def _at_kakao(errand: KakaoErrand) -> None:
    app_id, _, number = errand.kakao_sub.rpartition(":")
    if not settings.KAKAO_ADMIN_KEY or app_id != settings.KAKAO_APP_ID:
        raise VendorError(client.NAME, "no admin key for this app")
    try:
        client.unlink(number)
    except KakaoNotLinked:
        logger.info("Unlinked already", extra={"vendor": client.NAME})
