"""The curated words as this process uses them: from PostgreSQL into the tiers, and from them into a `Dictionary`."""

import json
import logging

from core.cache import tiers
from core.postgresql import DATABASE_AWAY
from medicines.models import Synonym
from medicines.search.dictionary import EMPTY, Dictionary

logger = logging.getLogger(__name__)
KEY = "curated-words"
# An edit drops the entry at once; this is for a row that was changed past the admin.
SECONDS = 3_600
_held: tuple[bytes, Dictionary] = (b"", EMPTY)


def in_use() -> Dictionary:
    """What the table says now. An edit is heard at once, or within the 30 s that memory lives at the latest."""
    global _held
    found = tiers().get(KEY)
    value = found[0] if found else _load()
    if value is not None and value != _held[0]:
        _held = value, Dictionary.of(json.loads(value))
    return _held[1]


def held() -> Dictionary:
    """What was in use the last time."""
    return _held[1]


def stored() -> bytes:
    """The table as the tiers keep it. May raise the database's error."""
    rows = list(Synonym.objects.order_by("pk").values_list("kind", "word", "means", "enabled"))
    return json.dumps(rows, ensure_ascii=False).encode()


def _load() -> bytes | None:
    """Without the database the words in use stay."""
    try:
        return load()
    except DATABASE_AWAY:
        logger.warning("Curated words not read")
        return None


def load() -> bytes:
    """Fill the tiers from the table. May raise the database's error."""
    value = stored()
    tiers().set_many({KEY: value}, seconds=SECONDS)
    return value
