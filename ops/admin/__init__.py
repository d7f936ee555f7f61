"""The operators' screens."""

from ops.admin.beat import BeatEntryAdmin
from ops.admin.breakers import CircuitBreakerAdmin
from ops.admin.cache import CacheEntryAdmin
from ops.admin.runs import TaskRunAdmin
from ops.admin.tables import AuditEventAdmin, DeadLetterAdmin, IdempotencyKeyAdmin, ReadOnlyAdmin

__all__ = [
    "AuditEventAdmin", "BeatEntryAdmin", "CacheEntryAdmin", "CircuitBreakerAdmin", "DeadLetterAdmin",
    "IdempotencyKeyAdmin", "ReadOnlyAdmin", "TaskRunAdmin",
]  # fmt: skip
