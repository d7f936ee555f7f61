"""The count of a person's changes: every write to their intakes takes the next number and holds it until it commits.

Numbers are thus handed out in the order of commits, and a phone that has seen n has missed nothing below n. (A sequence
would not do: a transaction with a lower number may commit after one with a higher.)
"""

from uuid import UUID

from django.db import connection, transaction

_NEXT = """
INSERT INTO schedule_clock (user_id, seq, purged_seq, prefs_version) VALUES (%s, 1, 0, 0)
ON CONFLICT (user_id) DO UPDATE SET seq = schedule_clock.seq + 1 RETURNING seq
"""


def next_change(user_id: UUID) -> int:
    """The number for this transaction's changes; other writers of the same person wait until it ends."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("next_change must be called inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [user_id])
        row = cursor.fetchone()
    return int(row[0])
