"""L3: a name that nobody here knows, asked of both official sources while the person waits.

It cannot starve the rest: few threads of a process may be in it, one caller a name goes out, each address has ten a
minute, the day's budget leaves room for the nightly mirror, and a name that nobody has is remembered for a while.
"""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from core import throttling
from core.cache import tiers as cache
from core.errors import BudgetExhausted, SourceDown, VendorBadReply, VendorError
from core.locks import single_flight
from medicines.client import easy_by_name, permit_by_name
from medicines.records import Batch, Record
from medicines.search.keys import is_syllable
from medicines.search.query import Query
from medicines.selectors import tiers
from medicines.selectors.lists import RankedList, absent_key, asked_name, find, search_again
from medicines.services.catalogue import upsert_many

DEADLINE_SECONDS = 3.0
ABSENT_SECONDS = 6 * 3_600
MAX_THREADS = 3
MIN_SYLLABLES = 2
MAX_LETTERS = 40
_SOURCES = (easy_by_name, permit_by_name)
Found = Literal["stored", "absent"]


class _Places:
    """Who of this process may be out at the sources, and the threads that go there; made anew after a fork."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self.free = threading.BoundedSemaphore(MAX_THREADS)
        self.threads = ThreadPoolExecutor(MAX_THREADS * len(_SOURCES), thread_name_prefix="source")


_places = _Places()


@dataclass(frozen=True, slots=True)
class Outcome:
    """`ranked`: what is there now (None: nothing). `checked`: whether the sources were heard, now or a while ago."""

    ranked: RankedList | None
    checked: bool


def find_or_fetch(*, query: Query, address: str) -> tuple[RankedList, bool]:
    """The list for a query, from here or, when it is empty and could be a name, from the sources; and `checked`.

    An old list stays as it is: with the database away nothing that a source brings could be stored. Raises SourceDown
    as `fetch_missing` does, and the database's error when nothing old is at hand.
    """
    ranked = find(query)
    if ranked.tier == tiers.STALE:
        return ranked, False
    if not (ranked.is_empty and worth_asking(query)):
        return ranked, True
    outcome = fetch_missing(query=query, address=address)
    return outcome.ranked or ranked, outcome.checked


def worth_asking(query: Query) -> bool:
    """Whether the sources could know it as a name: two whole syllables, neither a symptom nor a call for help."""
    syllables = sum(map(is_syllable, query.base))
    is_name = syllables >= MIN_SYLLABLES and len(query.base) <= MAX_LETTERS
    return is_name and not (query.symptom or query.emergency) and bool(settings.DATA_GO_KR_SERVICE_KEY)


def fetch_missing(*, query: Query, address: str) -> Outcome:
    """Ask both sources for a name that was not found, store what they have, and search again; 3 s at most.

    Not asked (`checked` false) when too many are out already, the address asked too often, or today's budget is spent.
    Raises SourceDown when a source does not answer and the other has nothing: that is not "no such medicine".
    """
    key = absent_key(query)
    if cache().get(key):
        return Outcome(None, checked=True)
    if not _places.free.acquire(blocking=False):
        return Outcome(None, checked=False)
    try:
        return _fetch(query, key, address)
    finally:
        _places.free.release()


def _fetch(query: Query, key: str, address: str) -> Outcome:
    if not throttling.take("source", address):
        return Outcome(None, checked=False)
    try:
        flight = single_flight(
            f"source:{key}",
            compute=lambda: _ask(query, key),
            poll=lambda: "absent" if cache().get(key) else None,
            timeout=DEADLINE_SECONDS + 2,
            wait=DEADLINE_SECONDS,
        )
    except BudgetExhausted:
        return Outcome(None, checked=False)
    except VendorError as error:
        raise SourceDown from error
    if flight.how in ("failed", "timed_out"):
        raise SourceDown(retry_after=5)
    return Outcome(None if flight.value == "absent" else _found(query, key), checked=True)


def _ask(query: Query, key: str) -> Found:
    """Both sources at the same time. Raises VendorError when one failed and the other brought nothing."""
    name = asked_name(query)
    asked = [_places.threads.submit(source, name, DEADLINE_SECONDS) for source in _SOURCES]
    batches, errors = _gather(asked)
    records = [record for batch in batches for record in batch.rows]
    if records:
        # No list but the asked one (`search_again`): the rest are made again within minutes.
        tiers.invalidate_cards(upsert_many(items=records))
        return "stored"
    if errors:
        raise errors[0]
    if any(batch.refusals for batch in batches):
        raise VendorBadReply("datagokr", "no readable row")
    cache().set_many({key: b"1"}, seconds=ABSENT_SECONDS)
    return "absent"


def _gather(asked: Sequence[Future[Batch[Record]]]) -> tuple[list[Batch[Record]], list[VendorError]]:
    batches: list[Batch[Record]] = []
    errors: list[VendorError] = []
    for future in asked:
        try:
            batches.append(future.result())
        except VendorError as error:
            errors.append(error)
    return batches, errors


def _found(query: Query, key: str) -> RankedList | None:
    """The list after storing; a source may match where our search does not, and then the name counts as absent."""
    ranked = search_again(query)
    if not ranked.is_empty:
        return ranked
    cache().set_many({key: b"1"}, seconds=ABSENT_SECONDS)
    return None
