"""Who of the staff came in, and when somebody was locked out, in the audit trail."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from core import metrics
from ops.services import record_audit


@receiver(user_logged_in)
def note_login(sender: object, user: Any, **given: object) -> None:
    if user.is_staff:
        factor = getattr(user, "otp_device", None)
        record_audit(actor=str(user.pk), action="staff.login", details={"second_factor": factor is not None})


@receiver(user_locked_out)
def note_lock(sender: object, **given: object) -> None:
    """Whom it was said to be is in axes' own table, and only when there is such an account."""
    metrics.staff_locked_out.inc()
    record_audit(actor="axes", action="staff.locked_out")
