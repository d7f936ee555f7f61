"""Which entries of the tiers the summaries keep: for the operators' page (ops.inspection)."""

from functools import partial

from ops.inspection import Entry
from summaries import selectors, word_table


def entries(text: str) -> list[Entry]:
    """For an item_seq: its summary (one about a keyword only by its key); for the key of the hard words: these."""
    if text == word_table.KEY:
        return [Entry(text, "어려운 낱말 표")]
    item_seq = text.removeprefix("summary:").removesuffix(":")
    if item_seq.isascii() and item_seq.isdigit():
        key = selectors.cache_key(item_seq, "")
        return [Entry(key, "쉬운 말 요약", partial(_read, item_seq))] if text in (item_seq, key) else []
    return []


def _read(item_seq: str) -> bytes:
    return selectors.encode(selectors.read(item_seq=item_seq).body)
