from ops.models import AuditEvent


def deeds():
    """The audit trail without the logging in that every test of a staff page begins with."""
    return AuditEvent.objects.exclude(action="staff.login")
