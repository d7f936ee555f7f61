"""Which entries of the tiers belong to a medicine or a query: for the operators' page (ops.inspection)."""

from dataclasses import asdict

from core.errors import InvalidQuery
from medicines.search.query import Query
from medicines.selectors import dictionary, lists, tiers
from medicines.selectors.cards import encode, load_cards
from medicines.selectors.detail import load_detail
from medicines.selectors.search import search_rows
from medicines.selectors.suggest import suggest_rows
from ops.inspection import Entry

_FIRST = 20
# What `suggest` answers when no limit is given.
_SUGGESTIONS = 10


def entries(text: str) -> list[Entry]:
    """For an item_seq or the key of a card or detail: its card and detail; for other text: what it finds as a query.

    The curated words are found by their key alone.
    """
    if text == dictionary.KEY:
        return [Entry(text, "큐레이터가 적은 말", dictionary.stored)]
    item_seq = text.removeprefix(tiers.CARD).removeprefix(tiers.DETAIL)
    if item_seq.isascii() and item_seq.isdigit():
        both = (_card(item_seq), _detail(item_seq))
        return [entry for entry in both if text in (item_seq, entry.key)]
    if text.isascii() and ":" in text:
        return []
    try:
        return _of_query(lists.parsed(text))
    except InvalidQuery:
        return []


def _card(item_seq: str) -> Entry:
    return Entry(tiers.CARD + item_seq, "카드", lambda: load_cards(item_seqs=[item_seq]).get(item_seq))


def _detail(item_seq: str) -> Entry:
    def load() -> bytes | None:
        found = load_detail(item_seq=item_seq)
        return found[0] if found else None

    return Entry(tiers.DETAIL + item_seq, "자세한 정보", load)


def _of_query(query: Query) -> list[Entry]:
    key = lists.key_of(query)
    return [
        Entry(f"list:{key}", "검색 결과의 순서", lambda: _hits(query)),
        Entry(f"suggest:{_SUGGESTIONS}:{key}", "자동 완성", lambda: _suggestions(query)),
        Entry(lists.absent_key(query), "바깥 자료에도 없다는 표시"),
    ]


def _hits(query: Query) -> bytes | None:
    hits = search_rows(query=query, limit=_FIRST).hits
    return b"\n".join(encode({"item_seq": hit.item_seq, "kind": hit.kind}) for hit in hits) or None


def _suggestions(query: Query) -> bytes | None:
    rows = suggest_rows(query=query, limit=_SUGGESTIONS)
    return encode({"suggestions": [asdict(row) for row in rows]}) if rows else None
