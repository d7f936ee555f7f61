"""Saying goodbye: everything personal goes in one transaction, what Kakao is owed stays as an errand until done."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.jwts import refused
from accounts.models import ErasureReceipt, KakaoErrand, User
from accounts.services import denials, tokens
from core import personal_data
from ops.services import record_audit


@dataclass(frozen=True, slots=True)
class Farewell:
    """Proof of an erasure; `errand` is what must still be done at Kakao, None when nothing."""

    receipt: uuid.UUID
    erased_at: datetime
    errand: int | None


def erase(*, user_id: uuid.UUID, check: Callable[[User], None] = lambda _: None) -> Farewell:
    """Erase the user and unlink them at Kakao later. `check` sees the locked user and may raise.

    Raises NotAuthenticated when they are gone already. With Redis away the access tokens are refused all the same:
    the throttle then asks the rows that the transaction wrote.
    """
    with transaction.atomic():
        # Whoever writes for this user now waits for us, and then fails on the foreign key (401, core.problems).
        user = User.objects.select_for_update().filter(pk=user_id).first()
        if user is None:
            raise refused()
        check(user)
        receipt, ended = _erase(user)
        errand = _unlink_later(user.kakao_sub, receipt) if user.kakao_sub else None
    denials.publish(ended)
    return Farewell(receipt.pk, receipt.erased_at, errand)


def erase_member(*, kakao_sub: str) -> None:
    """Erase whoever unlinked us at Kakao; nobody is no error."""
    with transaction.atomic():
        user = User.objects.select_for_update().filter(kakao_sub=kakao_sub).first()
        ended = _erase(user)[1] if user else []
        KakaoErrand.objects.filter(kakao_sub=kakao_sub).delete()
    denials.publish(ended)


def _erase(user: User) -> tuple[ErasureReceipt, list[uuid.UUID]]:
    ended = tokens.end_logins_of(user.pk)
    rows = personal_data.erase(str(user.pk))
    receipt = ErasureReceipt.objects.create(rows=rows)
    record_audit(actor=str(user.pk), action="account.erased", target=str(receipt.pk))
    user.delete()
    return receipt, ended


def _unlink_later(kakao_sub: str, receipt: ErasureReceipt) -> int:
    errand, _ = KakaoErrand.objects.update_or_create(
        kind=KakaoErrand.UNLINK, kakao_sub=kakao_sub, defaults={"receipt": receipt.pk}
    )
    return errand.pk
