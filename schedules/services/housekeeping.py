"""What is not kept for ever: tombstones, messages, invitations nobody took."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from schedules.models import Carer, PushMessage, Schedule

TOMBSTONES_KEPT = timedelta(days=30)
MESSAGES_KEPT = timedelta(days=30)
_CHUNK = 10_000
# A phone that has not seen these goes must begin anew: its token is older than `purged_seq`. The clocks' rows are held
# from here on, so nothing of these people's comes back before the rows go.
_RAISE = """
UPDATE schedule_clock c SET purged_seq = GREATEST(c.purged_seq, gone.seq)
FROM (SELECT user_id, max(changed_seq) AS seq FROM schedule WHERE id = ANY(%s) AND deleted_at < %s
      GROUP BY user_id) AS gone
WHERE c.user_id = gone.user_id
"""


@transaction.atomic
def purge_tombstones() -> int:
    """Up to 10,000 at a time; how many were looked at. What came back since it was listed stays."""
    before = timezone.now() - TOMBSTONES_KEPT
    old = Schedule.objects.filter(deleted_at__lt=before)
    ids = list(old.values_list("pk", flat=True)[:_CHUNK])
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [ids, before])
    old.filter(pk__in=ids).delete()
    return len(ids)


def purge_messages() -> int:
    """Who was reminded of what is kept no longer than it explains anything; how many were deleted."""
    old = PushMessage.objects.filter(due_at__lt=timezone.now() - MESSAGES_KEPT)
    ids = list(old.values_list("pk", flat=True)[:_CHUNK])
    return PushMessage.objects.filter(pk__in=ids).delete()[0]


def purge_invitations() -> int:
    """Invitations that ran out, and carers that were dismissed."""
    old = timezone.now() - MESSAGES_KEPT
    unused = Carer.objects.filter(accepted_at=None, expires_at__lt=old)
    return unused.delete()[0] + Carer.objects.filter(revoked_at__lt=old).delete()[0]
