"""What nobody needs any more."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from accounts.models import Login

# A replayed token of an ended login is refused with or without its row; the list shows living ones only.
_KEPT = timedelta(days=30)


def purge_logins() -> int:
    """Delete logins that ended a month ago or ran out, and web sessions that ran out; returns how many logins."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    return Login.objects.filter(Q(expires_at__lt=now) | Q(revoked_at__lt=now - _KEPT)).delete()[0]
