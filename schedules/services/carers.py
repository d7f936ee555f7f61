"""Carers: invited by a code, scoped to chosen plans, dismissed by either side at once."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.errors import Conflict, FieldError, InvalidBody, NotFound
from core.preconditions import anything
from ops.services import record_audit
from schedules.models import Carer, Plan, PushMessage

INVITED_FOR = timedelta(days=7)
MAX_CARERS = 10
# Without letters that are read one for another.
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def invite(
    *, user_id: UUID, label: str, plan_ids: Sequence[UUID], after_minutes: int, show_medicine_name: bool
) -> tuple[Carer, str]:
    """The carer's row and the code to hand over, told this once. Raises InvalidBody (no such plan), Conflict."""
    plans = list(Plan.objects.filter(pk__in=plan_ids, user_id=user_id, deleted_at=None))
    if len(plans) != len(set(plan_ids)):
        raise InvalidBody(errors=[FieldError("plan_ids", "unknown", "그런 복약 계획이 없어요.")])
    now, code = timezone.now(), "".join(secrets.choice(_LETTERS) for _ in range(12))
    living = Q(accepted_at__isnull=False) | Q(expires_at__gt=now)
    if Carer.objects.filter(living, patient_id=user_id, revoked_at=None).count() >= MAX_CARERS:
        raise Conflict(f"보호자는 {MAX_CARERS}명까지 초대할 수 있어요.")
    carer = Carer.objects.create(
        patient_id=user_id, label=label, after_minutes=after_minutes, show_medicine_name=show_medicine_name,
        code_digest=digest_of(code), expires_at=now + INVITED_FOR, created_at=now,
    )  # fmt: skip
    carer.plans.set(plans)
    record_audit(actor=str(user_id), action="carer.invite", target=str(carer.pk))
    return carer, code


@transaction.atomic
def accept(*, user_id: UUID, code: str) -> Carer:
    """Raises NotFound for a code that is wrong, used, revoked or too old; InvalidBody for one's own."""
    now = timezone.now()
    digest = digest_of(code.strip().upper().replace("-", ""))
    open_ones = Carer.objects.filter(code_digest=digest, accepted_at=None, revoked_at=None, expires_at__gt=now)
    carer = open_ones.first()
    if carer is None:
        raise NotFound("쓸 수 없는 초대 코드예요. 코드를 다시 받아 주세요.")
    if carer.patient_id == user_id:
        raise InvalidBody(errors=[FieldError("code", "own", "내 초대 코드는 내가 쓸 수 없어요.")])
    # Conditional, so that of two people with the code one becomes the carer.
    if not open_ones.update(carer_id=user_id, accepted_at=now):
        raise NotFound("쓸 수 없는 초대 코드예요. 코드를 다시 받아 주세요.")
    record_audit(actor=str(user_id), action="carer.accept", target=str(carer.pk))
    carer.refresh_from_db()
    return carer


@transaction.atomic
def revoke(*, user_id: UUID, id_: UUID, check: Callable[[Carer], None] = anything) -> None:
    """By the patient or by the carer. `check` sees the locked row and may raise. Raises NotFound."""
    mine = Carer.objects.filter(Q(patient_id=user_id) | Q(carer_id=user_id), pk=id_, revoked_at=None)
    carer = mine.select_for_update(no_key=True).first()
    if carer is None:
        raise NotFound("그런 보호자가 없어요.")
    check(carer)
    _end(carer, by=user_id)


@transaction.atomic
def revoke_all(*, user_id: UUID, check: Callable[[list[Carer]], None] = anything) -> None:
    """All carers of this person and open invitations; those whose carer this person is stay.

    `check` sees what `carers` lists and may raise.
    """
    mine = Carer.objects.filter(patient_id=user_id, revoked_at=None).order_by("created_at", "id")
    locked = list(mine.select_for_update(no_key=True))
    check(carers(user_id))
    for carer in locked:
        _end(carer, by=user_id)


def _end(carer: Carer, *, by: UUID) -> None:
    """What waits to be sent is not sent any more."""
    Carer.objects.filter(pk=carer.pk).update(revoked_at=timezone.now())
    if carer.carer_id:
        waiting = PushMessage.objects.filter(kind=PushMessage.Kind.CARER, state=PushMessage.State.QUEUED)
        theirs = waiting.filter(user_id=carer.carer_id, schedule__user_id=carer.patient_id)
        theirs.update(state=PushMessage.State.CANCELLED)
    record_audit(actor=str(by), action="carer.revoke", target=str(carer.pk))


def carers(user_id: UUID) -> list[Carer]:
    """Those of this person, and those whose carer this person is."""
    mine = Carer.objects.filter(Q(patient_id=user_id) | Q(carer_id=user_id), revoked_at=None)
    return list(mine.prefetch_related("plans").order_by("created_at", "id"))
