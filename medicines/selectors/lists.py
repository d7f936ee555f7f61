"""Ranked lists: what a query finds, in order, as the bytes that the tiers keep; and the cursors into them.

A list is JSON lines: a head whose inside is copied into the answer, the list's digest, then a line a hit,
`{"item_seq":"…","match":{…}}`. Lines, so that a page takes only its own ones apart.
"""

import hashlib
from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import lru_cache
from itertools import islice

from core import composed, memory_tier, redis_tier, replica
from core.cache import REDIS
from core.cache import tiers as cache
from core.errors import CursorExpired
from core.pagination import read_cursor
from core.postgresql import DATABASE_AWAY
from medicines.search.dictionary import Dictionary
from medicines.search.query import Query, parse_query
from medicines.selectors import dictionary, tiers
from medicines.selectors.cards import encode
from medicines.selectors.search import Found, search_rows

MAX_HITS = 200
CURSOR_SECONDS = 600
# The last cursor of a list is handed out when it has ended in Redis, then in memory, then as a composed answer there
# and here.
_LAST_CURSOR_AT = (
    (tiers.LIST_SECONDS + composed.SHARED_SECONDS) * (1 + redis_tier.JITTER)
    + memory_tier.MAX_SECONDS
    + composed.SECONDS
)
SNAPSHOT_SECONDS = (_LAST_CURSOR_AT + CURSOR_SECONDS) / (1 - redis_tier.JITTER)
_AS_OF = slice(10, 39)  # {"as_of":"2026-11-24T08:42:08.123+09:00", …
_HEAD_LINES = 2
_BY_NAME = tuple(
    b'{"kind":"%s"' % kind for kind in (b"exact", b"prefix", b"substring", b"initials", b"keyboard", b"fuzzy")
)

_parsed: Callable[[str, Dictionary], Query] = lru_cache(maxsize=4096)(parse_query)


def parsed(raw: str) -> Query:
    """`parse_query` with the curated words, remembered: it takes longer than all else on the way to a hit in memory."""
    return _parsed(raw, dictionary.in_use())


@dataclass(frozen=True, slots=True)
class RankedList:
    """A list in its bytes; `tier` is where it came from."""

    data: bytes
    tier: str

    @property
    def head(self) -> bytes:
        """as_of, normalized, corrected_to, notice as JSON members, without the braces."""
        return self.data[1 : self.data.index(b"\n") - 1]

    @property
    def digest(self) -> str:
        return self.data.split(b"\n", _HEAD_LINES)[1].decode()

    @property
    def is_empty(self) -> bool:
        return self.data.count(b"\n") < _HEAD_LINES

    def hits(self, offset: int, limit: int) -> list[tuple[str, bytes]]:
        """(item_seq, match as a JSON object) of one page."""
        lines = self.data.split(b"\n", _HEAD_LINES + offset + limit)
        return [_hit(line) for line in islice(lines, _HEAD_LINES + offset, _HEAD_LINES + offset + limit)]

    @property
    def first(self) -> str | None:
        """item_seq of the first hit when it was found by its name: what counts as searched for."""
        for item_seq, match in self.hits(0, 1):
            return item_seq if match.startswith(_BY_NAME) else None
        return None


def _hit(line: bytes) -> tuple[str, bytes]:
    item_seq, _, match = line[13:].partition(b'"')
    return item_seq.decode(), match[9:-1]


@lru_cache(maxsize=4096)
def key_of(query: Query) -> str:
    """One key for all spellings that search for the same: everything that search reads, which is all but `raw`."""
    return _digest(repr(astuple(query)[1:]))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


def asked_name(query: Query) -> str:
    """What the sources are asked: as it was typed, since they match letter by letter, spaces included; without the
    dosage.
    """
    return query.base if query.slip or query.strength else " ".join(query.raw.split())


def absent_key(query: Query) -> str:
    """Under which it is known that nobody has a name: that name alone, since spellings that search for the same here
    are asked of the sources each for itself.
    """
    return f"absent:{_digest(f'{key_of(query)} {asked_name(query)}')}"


def _list_key(query: Query) -> str:
    return f"list:{key_of(query)}"


def _snapshot_key(list_key: str, digest: str) -> str:
    """With the query's key, so that a cursor opens no other query's list."""
    return f"snapshot:{list_key}:{digest}"


def in_memory(raw: str) -> bool:
    """Whether this process holds the list of what was typed, without asking anybody."""
    return cache().memory.peek(_list_key(_parsed(raw, dictionary.held()))) is not None


def find(query: Query) -> RankedList:
    """The list for a query: memory, Redis, one SQL. With the database away the last one known, or its error raised.

    A call for help is answered without it: an empty list, with the notice.
    """
    try:
        return RankedList(
            *tiers.read_list(_list_key(query), lambda: replica.read(lambda: _make(query)), made_at=_AS_OF)
        )
    except DATABASE_AWAY:
        if not query.emergency:
            raise
        return RankedList(_written(query, Found(()), tiers.moment()), tiers.STALE)


def search_again(query: Query) -> RankedList:
    """Ask the database past the caches, right after something new was stored; no process keeps its older list."""
    data = _make(query)
    tiers.replace_list(_list_key(query), data)
    return RankedList(data, tiers.API)


def warm(query: Query) -> RankedList:
    """Ask the database past the caches and fill them, ahead of people."""
    data = _make(query)
    tiers.write_list(_list_key(query), data)
    return RankedList(data, tiers.DB)


def _make(query: Query) -> bytes:
    data = _build(query)
    if data.count(b"\n") > _HEAD_LINES:
        snapshot = {_snapshot_key(_list_key(query), RankedList(data, tiers.DB).digest): data}
        cache().shared.set_many(snapshot, seconds=SNAPSHOT_SECONDS)
    return data


def _build(query: Query) -> bytes:
    as_of = tiers.moment()  # before the question, so that a change during it makes the list old
    return _written(query, search_rows(query=query, limit=MAX_HITS), as_of)


def _written(query: Query, rows: Found, as_of: str) -> bytes:
    head = {
        "as_of": as_of,
        "normalized": query.hangul,
        "corrected_to": rows.corrected_to,
        "notice": {"kind": "emergency", "text": query.emergency, "phones": ["119", "109"]} if query.emergency else None,
    }
    hits = [
        encode({"item_seq": hit.item_seq, "match": {"kind": hit.kind, "field": hit.field, "score": hit.score}})
        for hit in rows.hits
    ]
    digest = hashlib.blake2b(b"\n".join(hits), digest_size=10).hexdigest()
    return b"\n".join((encode(head), digest.encode(), *hits))


def open_cursor(cursor: str, query: Query) -> tuple[RankedList, int]:
    """The list that a cursor names and the place in it.

    Raises InvalidQuery for a cursor that we did not sign, CursorExpired when its list is gone or is another query's.
    """
    digest, offset = read_cursor(cursor)
    return _snapshot(digest, query), offset


def _snapshot(digest: str, query: Query) -> RankedList:
    key = _snapshot_key(_list_key(query), digest)
    held = cache().shared.get_many((key,))
    for data in held.values():
        return RankedList(data, REDIS)
    if not cache().shared.answers(key):
        current = find(query)
        if current.digest == digest:
            return current
    raise CursorExpired
