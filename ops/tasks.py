"""The operators' housekeeping, run by beat."""

from celery import shared_task

from core.celery_task import PillingTask
from ops import staff
from ops.services import purge_idempotency_keys as purge


@shared_task(base=PillingTask)
def purge_idempotency_keys() -> int:
    """Delete keys older than a day."""
    return purge()


@shared_task(base=PillingTask)
def purge_login_attempts() -> int:
    """Delete failed logins of staff older than 30 days."""
    return staff.purge_attempts()
