"""A person's count of changes, which every read of theirs begins with."""

from uuid import UUID

from core.statements import rows_of
from schedules.models import ScheduleClock

_CLOCK = "SELECT seq, purged_seq, prefs_version, filled_until FROM schedule_clock WHERE user_id = %s"


def clock_of(user_id: UUID) -> ScheduleClock:
    """At nought, and not stored, for who has none yet."""
    for seq, purged, prefs, until in rows_of(_CLOCK, [user_id]):
        return ScheduleClock(user_id=user_id, seq=seq, purged_seq=purged, prefs_version=prefs, filled_until=until)
    return ScheduleClock(user_id=user_id)
