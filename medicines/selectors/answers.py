"""The search answer, put together from a ranked list and cards: the same bytes whichever tier they came from."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from hashlib import blake2b

from core import replica
from core.cache import MEMORY, REDIS
from core.cache import tiers as core_tiers
from core.composed import Composed, SharedComposed
from core.pagination import sign_cursor
from medicines.search.query import Query
from medicines.selectors import lists, tiers
from medicines.selectors.cards import encode, load_cards
from medicines.selectors.detail import detail
from medicines.selectors.lists import RankedList, key_of
from medicines.selectors.popular import popular
from medicines.selectors.suggest import suggest_rows

_MOMENT = slice(29)
PENDING_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and where it came from; a `stale` one must not be kept by anybody.

    `searched`: the item_seq that counts as searched for; `missed`: the query that nothing was found for; `opened`: the
    item_seq whose page this is. `retry_after`: in how many seconds there may be more to read.
    """

    body: bytes
    tier: str
    stale: bool = False
    searched: str | None = None
    missed: str | None = None
    opened: str | None = None
    retry_after: int = 0
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{blake2b(self.body, digest_size=9).hexdigest()}"')

    @property
    def may_be_kept(self) -> bool:
        return not (self.stale or self.retry_after)

    def from_memory(self) -> "Answer":
        """The same, as it is served the next time."""
        return replace(self, tier=MEMORY)


@cache
def kept() -> Composed[Answer]:
    """This process's whole answers of the last moment."""
    return Composed(core_tiers().memory)


@cache
def _shared() -> SharedComposed:
    return SharedComposed(core_tiers())


def shared_answer(raw: str, address: str, make: Callable[[], Answer]) -> Answer:
    """A first page as some process put it together a moment ago, from Redis whole; else `make`.

    Only where the list must be asked of Redis anyway. `address`: all that the answer depends on besides what was typed.
    """
    if lists.in_memory(raw):
        return make()
    key = f"answer:{blake2b(f'{address} {raw}'.encode('utf-8', 'backslashreplace'), digest_size=12).hexdigest()}"
    held, since = _shared().get(key)
    if held is not None:
        searched, _, body = held.partition(b"\n")
        return Answer(body, REDIS, searched=searched.decode() or None)
    answer = make()
    if answer.tier == REDIS and answer.may_be_kept and not answer.missed:
        _shared().put(key, (answer.searched or "").encode() + b"\n" + answer.body, since=since)
    return answer


def search_answer(
    ranked: RankedList, *, query: Query, offset: int, limit: int, link: Callable[[str], str], unchecked: bool = False
) -> Answer:
    """One page of a list. `link` makes an address of a cursor; `unchecked`: a source had to be asked and was not.

    Raises the database's error when cards are missing and nothing old is at hand.
    """
    page = ranked.hits(offset, limit + 1)
    hits, more = page[:limit], len(page) > limit
    cards, tier = tiers.read_items(tiers.CARD, [item_seq for item_seq, _ in hits], _load)
    came_from = tiers.slowest(ranked.tier, tier) if hits else ranked.tier
    stale = unchecked or came_from == tiers.STALE
    following = sign_cursor(ranked.digest, offset + limit) if more else None
    before = sign_cursor(ranked.digest, max(0, offset - limit)) if offset else None
    body = b"".join((
        b'{"query":', _json(query.raw), b",", ranked.head,
        b',"stale":true,"results":[' if stale else b',"stale":false,"results":[',
        b",".join(_hit(cards[item_seq], match) for item_seq, match in hits if item_seq in cards),
        b'],"next":', _json(following and link(following)),
        b',"previous":', _json(before and link(before)), b"}",
    ))  # fmt: skip
    missed = query.countable if ranked.is_empty and not stale else None
    return Answer(body, came_from, stale, None if offset else ranked.first, missed)


def detail_answer(*, item_seq: str) -> Answer | None:
    """One medicine in full; None: no such medicine. Raises the database's error when nothing old is at hand."""
    found = detail(item_seq=item_seq)
    if found is None:
        return None
    wait = PENDING_SECONDS if found.awaited else 0
    return Answer(found.body, found.tier, found.tier == tiers.STALE, opened=item_seq, retry_after=wait)


def suggest_answer(*, query: Query, limit: int) -> Answer:
    """Names that what was typed can still become. Raises the database's error when nothing old is at hand."""
    # A sign alone ("(") is no text, but suggestions are found by it.
    sign = query.raw[0] if query.is_empty else ""
    key = f"suggest:{limit}:{key_of(query)}{sign}"
    data, tier = tiers.read_list(key, lambda: replica.read(lambda: _suggestions(query, limit)), made_at=_MOMENT)
    return Answer(data[_MOMENT.stop :], tier, tier == tiers.STALE)


def popular_answer(*, limit: int) -> Answer:
    """The names most searched for. Raises the database's error when nothing old is at hand."""
    body, tier = popular(limit=limit)
    return Answer(body, tier, tier == tiers.STALE)


def _suggestions(query: Query, limit: int) -> bytes:
    moment = tiers.moment()
    rows = suggest_rows(query=query, limit=limit)
    return moment.encode() + encode({"suggestions": [asdict(row) for row in rows]})


def _load(item_seqs: list[str]) -> dict[str, bytes]:
    return replica.read(lambda: load_cards(item_seqs=item_seqs), complete=lambda cards: len(cards) == len(item_seqs))


def _hit(card: bytes, match: bytes) -> bytes:
    return b'%s,"match":%s}' % (card[:-1], match)


def _json(value: str | None) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
