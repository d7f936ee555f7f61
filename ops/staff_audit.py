"""That somebody was locked out, in the metrics and the audit trail."""

from axes.signals import user_locked_out
from django.dispatch import receiver

from core import metrics
from ops.services import record_audit


@receiver(user_locked_out)
def note_lock(sender: object, **given: object) -> None:
    """Whom it was said to be is in axes' own table, and only when there is such an account."""
    metrics.staff_locked_out.inc()
    record_audit(actor="axes", action="staff.locked_out")
