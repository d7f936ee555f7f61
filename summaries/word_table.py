"""The edited table of hard words: from the database into the tiers, and from them into this process.

`refresh` is called where a text is read or made (selectors.source_of); the rules themselves stay pure.
"""

import json
import logging
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from core.cache import tiers
from core.postgresql import DATABASE_AWAY
from ops.services import record_audit
from summaries import easy_words
from summaries.models import HardWord

logger = logging.getLogger(__name__)
KEY = "hard-words"
SECONDS = 600
_held: bytes | None = None


def refresh() -> None:
    """Use what the table says now. An edit is heard at once, or within the 30 s that memory lives at the latest."""
    global _held
    found = tiers().get(KEY)
    value = found[0] if found else _load()
    if value is not None and value != _held:
        easy_words.use(json.loads(value))
        _held = value


def _load() -> bytes | None:
    """Without the database the words in use stay."""
    try:
        rows = list(HardWord.objects.values_list("word", "easy", "enabled"))
    except DATABASE_AWAY:
        logger.warning("Hard words not read")
        return None
    # No row at all means that the table was never filled: the data file then counts.
    words = {word: easy for word, easy, enabled in rows if enabled} if rows else None
    value = json.dumps(words, ensure_ascii=False).encode()
    tiers().set_many({KEY: value}, seconds=SECONDS)
    return value


def changed(*, actor: str, action: str, word: HardWord) -> None:
    """Write down who changed an entry, and let every process read the table again once that is committed."""
    details = {"easy": word.easy, "enabled": word.enabled}
    record_audit(actor=actor, action=f"hard_word.{action}", target=word.word, details=details)
    transaction.on_commit(lambda: tiers().delete_many([KEY]))


@transaction.atomic
def sync() -> tuple[int, int]:
    """Bring in the data file: (new words, words that followed it). What a person changed or turned off stays."""
    held = {row.word: row for row in HardWord.objects.select_for_update()}
    fresh = [HardWord(word=w, easy=e, seeded=e) for w, e in easy_words.file_words().items() if w not in held]
    moved = [row for row in held.values() if _follows(row)]
    for row in moved:
        row.easy = row.seeded = easy_words.file_words()[row.word]
    HardWord.objects.bulk_create(fresh, ignore_conflicts=True)
    HardWord.objects.bulk_update(moved, ["easy", "seeded"])
    transaction.on_commit(lambda: tiers().delete_many([KEY]))
    return len(fresh), len(moved)


def _follows(row: HardWord) -> bool:
    said = easy_words.file_words().get(row.word)
    return said is not None and row.easy == row.seeded != said


@transaction.atomic
def turn(rows: QuerySet[HardWord], *, enabled: bool, actor_id: UUID) -> int:
    """Turn words on or off; returns how many were the other way before."""
    moved = list(rows.exclude(enabled=enabled).select_for_update(of=("self",)))
    for word in moved:
        word.enabled, word.changed_by_id = enabled, actor_id
        word.save(update_fields=["enabled", "changed_by", "changed_at"])
        changed(actor=str(actor_id), action="turn_on" if enabled else "turn_off", word=word)
    return len(moved)
