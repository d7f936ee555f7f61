"""What the operators' tables hold about a user. Audit events stay, since they must be accountable; they name nobody."""

from typing import Any

from django.db.models import Q

from core.throttling import user_key
from ops.models import AuditEvent, IdempotencyKey

TABLES = ("ops_audit_event", "idempotency_key")


def export(user_id: str) -> dict[str, Any]:
    # What they did, and what staff did to their account; never who of the staff.
    events = AuditEvent.objects.filter(Q(actor=user_id) | Q(target=user_id)).order_by("at")
    answers = IdempotencyKey.objects.filter(owner=user_key(user_id)).order_by("created_at")
    return {
        "audit": events.values("at", "action", "target", "details").iterator(),
        "kept_answers": answers.values("created_at", "status").iterator(),
    }


def erase(user_id: str) -> int:
    return IdempotencyKey.objects.filter(owner=user_key(user_id)).delete()[0]
