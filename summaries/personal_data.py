"""What curators did, as far as it names them. Their work stays when they go, without their name."""

from typing import Any
from uuid import UUID

from summaries.models import CustomSummaryRevision, HardWord, SummaryRevision

TABLES = ("summary_revision", "custom_summary_revision", "hard_word")


def export(user_id: str) -> dict[str, Any]:
    words = HardWord.objects.filter(changed_by=UUID(user_id)).order_by("changed_at")
    return {
        "revisions": _steps(SummaryRevision, user_id),
        "keyword_revisions": _steps(CustomSummaryRevision, user_id),
        "hard_words": words.values("word", "easy", "changed_at").iterator(),
    }


def _steps(model: type[SummaryRevision] | type[CustomSummaryRevision], user_id: str) -> Any:
    rows = model._default_manager.filter(actor=UUID(user_id)).order_by("at")
    return rows.values("at", "action", "summary_id", "version", "reason").iterator()


def erase(user_id: str) -> int:
    steps = (model._default_manager.filter(actor=UUID(user_id)) for model in (SummaryRevision, CustomSummaryRevision))
    named = sum(rows.update(actor=None) for rows in steps)
    return named + HardWord.objects.filter(changed_by=UUID(user_id)).update(changed_by=None)
