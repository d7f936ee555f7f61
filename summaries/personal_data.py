"""What curators did, as far as it names them. Their work stays when they go, without their name."""

from typing import Any
from uuid import UUID

from summaries.models import HardWord, SummaryRevision

TABLES = ("summary_revision", "hard_word")


def export(user_id: str) -> dict[str, Any]:
    revisions = SummaryRevision.objects.filter(actor=UUID(user_id)).order_by("at")
    words = HardWord.objects.filter(changed_by=UUID(user_id)).order_by("changed_at")
    return {
        "revisions": revisions.values("at", "action", "summary_id", "version", "reason").iterator(),
        "hard_words": words.values("word", "easy", "changed_at").iterator(),
    }


def erase(user_id: str) -> int:
    revisions = SummaryRevision.objects.filter(actor=UUID(user_id)).update(actor=None)
    return revisions + HardWord.objects.filter(changed_by=UUID(user_id)).update(changed_by=None)
