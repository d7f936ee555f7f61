"""What the operators' tables hold about a user. Audit events stay, since they must be accountable; they name nobody."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Concat

from core.throttling import user_key
from ops.models import AuditEvent, DeadLetter, IdempotencyKey

TABLES = ("ops_audit_event", "idempotency_key", "axes_accessattempt", "dead_letter")


def export(user_id: str) -> dict[str, Any]:
    # What they did, and what staff did to their account; never who of the staff.
    events = AuditEvent.objects.filter(Q(actor=user_id) | Q(target=user_id)).order_by("at")
    answers = IdempotencyKey.objects.filter(owner=user_key(user_id)).order_by("created_at")
    attempts = _failed_logins(user_id).order_by("attempt_time")
    letters = _letters(user_id).order_by("failed_at")
    return {
        "failed_tasks": letters.values("failed_at", "name").iterator(),
        "failed_logins": attempts.values("attempt_time", "failures_since_start", "ip_address").iterator(),
        "audit": events.values("at", "action", "target", "details").iterator(),
        "kept_answers": answers.values("created_at", "status").iterator(),
    }


def erase(user_id: str) -> int:
    answers = IdempotencyKey.objects.filter(owner=user_key(user_id))
    return int(answers.delete()[0] + _failed_logins(user_id).delete()[0] + _letters(user_id).delete()[0])


def _letters(user_id: str) -> Any:
    """Tasks that failed for good and name them. What is still to be done for others, a sweep sends again."""
    people = get_user_model()._default_manager.filter(pk=user_id, kakao_sub__gt="")
    named = Q(pk__in=[])
    for name in (user_id, *people.values_list("kakao_sub", flat=True)):
        named |= Q(said__contains=f'"{name}"')
    said = Cast("args", TextField()), Cast("kwargs", TextField())
    return DeadLetter.objects.annotate(said=Concat(*said)).filter(named)


def _failed_logins(user_id: str) -> Any:
    """A member of staff's; nobody else has a username."""
    staff = get_user_model()._default_manager.filter(pk=user_id, username__isnull=False)
    return AccessAttempt.objects.filter(username__in=staff.values("username"))
