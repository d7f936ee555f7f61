"""Writes to the operators' tables; any app may call them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core import breaker, context
from core.cache import tiers
from core.celery_task import DeadTask
from core.errors import Conflict, KeyReused
from ops.models import AuditEvent, DeadLetter, IdempotencyKey

KEPT = timedelta(hours=24)
# Longer than any request may take (statements and vendors have seconds each); afterwards its process is taken for dead.
_LOCKED = timedelta(seconds=60)


def record_audit(*, actor: str, action: str, target: str = "", details: Mapping[str, Any] | None = None) -> AuditEvent:
    """Write down what was done; `details` holds no health data."""
    return AuditEvent.objects.create(
        actor=actor, action=action, target=target, details=dict(details or {}), request_id=context.request_id.get()
    )


def keep_dead_letter(dead: DeadTask) -> None:
    """Keep a task that failed for good; the same task failing again after a redelivery replaces its row."""
    DeadLetter.objects.update_or_create(
        task_id=dead.task_id,
        defaults={
            "name": dead.name,
            "args": list(dead.args),
            "kwargs": dead.kwargs,
            "error": dead.error,
            "attempts": dead.attempts,
            "request_id": dead.request_id,
            "resent_at": None,
        },
    )


def claim_dead_letter(*, pk: int) -> bool:
    """Mark one as sent again; False when somebody else did already. The caller sends."""
    return DeadLetter.objects.filter(pk=pk, resent_at=None).update(resent_at=timezone.now()) == 1


def release_dead_letter(*, pk: int) -> None:
    """Take the mark back: the broker did not accept the task."""
    DeadLetter.objects.filter(pk=pk).update(resent_at=None)


def reset_breaker(*, seen: breaker.Seen, actor: str) -> bool:
    """Let a vendor be called again at once, in every process; False when Redis is away: nothing is changed then."""
    if not seen.shared:
        return False
    breaker.close(seen.vendor)
    details = {"state": seen.state, "failures": seen.failures}
    record_audit(actor=actor, action="breaker.reset", target=seen.vendor, details=details)
    return True


def drop_cached(*, keys: Sequence[str], actor: str) -> bool:
    """Drop entries of the tiers in every process; False when Redis was away: all others forget them when it is back."""
    everywhere = tiers().delete_many(keys)
    for key in keys:
        record_audit(actor=actor, action="cache.drop", target=key, details={"everywhere": everywhere})
    return everywhere


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a repeated request gets."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a request once; given back to `finish_request` or `abandon_request`."""

    pk: int
    locked_until: datetime


def hash_request(*, method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode("utf-8", "replace"), body))).hexdigest()


def begin_request(*, owner: str, key: str, request_hash: str) -> Claim | StoredAnswer:
    """Claim the key, or return the answer stored under it.

    Raises KeyReused (another request under the same key), Conflict (the first one is still running).
    """
    now = timezone.now()
    row = IdempotencyKey(owner=owner, key=key, request_hash=request_hash, locked_until=now + _LOCKED, created_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _existing(owner=owner, key=key, request_hash=request_hash, now=now)
    return Claim(row.pk, row.locked_until)


def _existing(*, owner: str, key: str, request_hash: str, now: datetime) -> Claim | StoredAnswer:
    row = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if row is None:
        # Abandoned between our insert and our look: the client's next try finds the key free.
        raise _still_running()
    if row.created_at > now - KEPT:
        if row.request_hash != request_hash:
            raise KeyReused
        if row.done:
            return StoredAnswer(row.status or 200, row.headers, bytes(row.body))
        if row.locked_until > now:
            raise _still_running()
    return _take_over(row, request_hash=request_hash, now=now)


def _still_running() -> Conflict:
    return Conflict("같은 요청을 처리하고 있어요. 잠시 뒤에 다시 시도해 주세요.", headers={"Retry-After": "1"})


def _take_over(row: IdempotencyKey, *, request_hash: str, now: datetime) -> Claim:
    """Claim a key whose holder died or whose day is over; an unchanged `locked_until` means nobody was faster."""
    until = now + _LOCKED
    claimed = IdempotencyKey.objects.filter(pk=row.pk, locked_until=row.locked_until).update(
        request_hash=request_hash, locked_until=until, created_at=now, done=False, status=None, headers={}, body=b""
    )
    if not claimed:
        raise _still_running()
    return Claim(row.pk, until)


def finish_request(*, claim: Claim, answer: StoredAnswer) -> bool:
    """Store the answer; False when the claim had run out and is another's by now."""
    return (
        IdempotencyKey.objects.filter(pk=claim.pk, locked_until=claim.locked_until).update(
            done=True, status=answer.status, headers=answer.headers, body=answer.body
        )
        == 1
    )


def abandon_request(*, claim: Claim) -> None:
    """Free the key: nothing was done, so a repetition may try again."""
    IdempotencyKey.objects.filter(pk=claim.pk, locked_until=claim.locked_until, done=False).delete()


def purge_dead_letters() -> int:
    """Delete tasks that were sent again a month ago, or about which nobody decided in half a year; returns how many."""
    now = timezone.now()
    old = Q(resent_at__lt=now - timedelta(days=30)) | Q(resent_at=None, failed_at__lt=now - timedelta(days=180))
    return DeadLetter.objects.filter(old).delete()[0]


def purge_idempotency_keys() -> int:
    """Delete keys older than a day; returns how many."""
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
