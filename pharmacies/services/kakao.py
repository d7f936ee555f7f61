"""What Kakao knows of a cell: asked on the cell's first need, kept in PostgreSQL and Redis, refreshed by a task.

One caller of all processes asks about a cell; few threads of a process may wait for Kakao at all. Whoever cannot wait,
or finds Kakao down, gets the stored rows, marked.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core import replica
from core.cache import tiers
from core.errors import BreakerOpen, BudgetExhausted, VendorError, VendorTimeout
from core.locks import lease, renew, single_flight
from core.postgresql import DATABASE_AWAY
from pharmacies.cells import cell_of, cells_around, rect_of
from pharmacies.kakao_client import MAX_PLACES, PAGE_PLACES, KakaoKeyRefused, KakaoQuota, Rect, pharmacies_in
from pharmacies.models import Pharmacy, PharmacyCell
from pharmacies.records import Record
from pharmacies.services import kakao_quota
from pharmacies.services.matching import match
from pharmacies.services.store import upsert

logger = logging.getLogger(__name__)

Heard = Literal["fresh", "pending", "down", "off"]
"""Kakao was heard about this cell; will be; could not be asked; or there is no key."""

WAIT_SECONDS = 1.5
TASK_SECONDS = 60.0
# One call with its retries; and how soon a cell is free after a death, since who fetches renews the lease at each call.
PAGE_SECONDS = 5.0
LEASE_SECONDS = 15.0
REFRESH_AFTER = timedelta(days=30)
KEPT_SECONDS = 6 * 3_600
RETRY_SECONDS = 60
# How far around a person the neighbouring cells are fetched too, and how many waiting threads a process may have.
REACH_METRES = 1_000
MAX_THREADS = 2
# A cell with more stored pharmacies than this takes more calls than anybody waits for.
CROWD = 60
# A rectangle that is still too full when it is this small (metres²: a market hall) is not cut any further.
_MAX_CUTS = 8
_KEY = "pharmacy:cell:"
_SLOW = "pharmacy:kakao-slow"
_SLOW_SECONDS = 30
_FETCHED, _FAILED, _PENDING = b"fetched", b"failed", b"pending"


class _Places:
    """Who of this process may wait for Kakao; made anew after a fork."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self.free = threading.BoundedSemaphore(MAX_THREADS)


_places = _Places()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far Kakao was heard around a point, and the cells that a task should fetch."""

    heard: Heard
    missing: Sequence[str] = ()


@dataclass(slots=True)
class _Fetch:
    """What one fetch of a cell has brought so far; `whole`: nothing was too full to be read to its end."""

    ends: float
    going_on: Callable[[], object]
    records: list[Record] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    calls: int = 0
    whole: bool = True
    stored: Sequence[tuple[float, float]] = ()


def cover(*, lat: float, lng: float, radius: int) -> Coverage:
    """See that Kakao is asked about the cells around a point: its own now, if nobody ever did, the rest by a task.

    Not while the database is away, since nothing that Kakao says could be stored.
    """
    if not settings.KAKAO_REST_API_KEY:
        return Coverage("off")
    try:
        return _covered(lat, lng, radius)
    except DATABASE_AWAY:
        return Coverage("down")


def _covered(lat: float, lng: float, radius: int) -> Coverage:
    around = cells_around(lat, lng, min(radius, REACH_METRES))
    own, known = around[0], _known(around)
    if own not in known:
        known[own] = _first_need(own)
    missing = [cell for cell in around if known.get(cell) is None]
    # For a moment nobody else sends a task for them.
    tiers().set_many(dict.fromkeys([_KEY + cell for cell in missing], _PENDING), seconds=RETRY_SECONDS)
    return Coverage(_HEARD[known[own] or _PENDING], missing)


_HEARD: dict[bytes, Heard] = {_FETCHED: "fresh", _FAILED: "down", _PENDING: "pending"}


def fetch(*, cell: str, seconds: float = TASK_SECONDS, going_on: Callable[[], object] = lambda: None) -> int:
    """Ask Kakao about a cell and store what it says; returns the calls it took. `going_on` is called before each step.

    Raises what the client raises and BudgetExhausted; then the cell is marked as tried and nothing else is changed.
    """
    started = timezone.now()
    rect = rect_of(cell)
    fetched = _Fetch(time.monotonic() + seconds, going_on, stored=_stored(rect))
    try:
        _collect(rect, fetched, cuts=0)
    except VendorError as error:
        _note_failure(cell, error)
        raise
    going_on()
    with transaction.atomic():
        changed = upsert(records=fetched.records, as_of=timezone.localdate(started))
        gone = _mark_gone(cell, fetched) if fetched.whole else frozenset()
        _note(cell, fetched_at=started, outcome="fetched", places=len(fetched.records), calls=fetched.calls)
    match(row_ids=changed | gone)
    tiers().announce({_KEY + cell: _FETCHED}, seconds=KEPT_SECONDS)
    return fetched.calls


def fetch_alone(*, cell: str, holder: str = "") -> Literal["fetched", "fresh", "busy"]:
    """`fetch` for a task, unless the cell was fetched since, or somebody is at it.

    `holder`: the task; delivered again, it takes up what its lost process had begun.
    """
    key, holder = f"kakao-cell:{cell}", holder or secrets.token_hex(8)
    with lease(key, seconds=LEASE_SECONDS, holder=holder) as mine:
        if not mine:
            return "busy"
        if PharmacyCell.objects.filter(cell=cell, fetched_at__gt=timezone.now() - REFRESH_AFTER).exists():
            return "fresh"
        fetch(cell=cell, going_on=lambda: renew(key, holder, seconds=LEASE_SECONDS))
        return "fetched"


def due(*, limit: int) -> list[str]:
    """Cells that were never fetched or long ago, the oldest first; none while Kakao refuses."""
    if not settings.KAKAO_REST_API_KEY or kakao_quota.is_resting():
        return []
    old = PharmacyCell.objects.exclude(fetched_at__gt=timezone.now() - REFRESH_AFTER)
    waited = old.filter(tried_at__lt=timezone.now() - timedelta(seconds=RETRY_SECONDS))
    return list(waited.order_by("tried_at").values_list("cell", flat=True)[:limit])


def _known(cells: Sequence[str]) -> dict[str, bytes | None]:
    """What is remembered of the cells: in memory, in Redis, else in PostgreSQL (one query)."""
    held, _ = tiers().get_many([_KEY + cell for cell in cells])
    known: dict[str, bytes | None] = {key.removeprefix(_KEY): value for key, value in held.items()}
    asked = [cell for cell in cells if cell not in known]
    if asked:
        rows = PharmacyCell.objects.filter(cell__in=asked, fetched_at__isnull=False).values_list("cell", flat=True)
        found = replica.read(lambda: list(rows.all()), complete=lambda cells: len(cells) == len(asked))
        stored = dict.fromkeys(found, _FETCHED)
        tiers().set_many({_KEY + cell: value for cell, value in stored.items()}, seconds=KEPT_SECONDS)
        known |= stored
    return known


def _first_need(cell: str) -> bytes | None:
    """Wait for Kakao a moment; None: it will be heard later, or what it said could not be stored."""
    if kakao_quota.is_resting():
        return _FAILED
    if tiers().get(_SLOW) or len(_stored(rect_of(cell))) > CROWD or not _places.free.acquire(blocking=False):
        return None
    try:
        flight = single_flight(
            f"kakao-cell:{cell}", compute=lambda: _fetched(cell), poll=lambda: _remembered(cell),
            timeout=WAIT_SECONDS + 2, wait=WAIT_SECONDS,
        )  # fmt: skip
    except VendorTimeout:
        tiers().set_many({_SLOW: b"1"}, seconds=_SLOW_SECONDS)
        return None
    except VendorError:
        return _FAILED
    except DATABASE_AWAY as error:
        logger.warning("A cell was not stored: %s", type(error).__name__)
        return None
    finally:
        _places.free.release()
    return _FAILED if flight.how == "failed" else flight.value


def _fetched(cell: str) -> bytes:
    fetch(cell=cell, seconds=WAIT_SECONDS)
    return _FETCHED


def _remembered(cell: str) -> bytes | None:
    held = tiers().get(_KEY + cell)
    return held[0] if held else None


def _stored(rect: Rect) -> list[tuple[float, float]]:
    """(lat, lng) of the pharmacies that are known within."""
    rows = Pharmacy.objects.filter(merged_into=None, vanished_at=None, **_within(rect))
    return list(rows.values_list("lat", "lng"))


def _within(rect: Rect) -> dict[str, tuple[float, float]]:
    return {"lat__range": (rect.south, rect.north), "lng__range": (rect.west, rect.east)}


def _collect(rect: Rect, fetched: _Fetch, *, cuts: int) -> None:
    """All places of a rectangle. Kakao shows 45 of a search: a fuller one is cut in two, and each half asked anew.

    One that should be too full, by the rows that are stored, is cut before it costs a call.
    """
    may_cut = cuts < _MAX_CUTS
    expected = sum(rect.holds(lat, lng) for lat, lng in fetched.stored)
    total = MAX_PLACES + 1 if may_cut and expected > MAX_PLACES else _page(rect, 1, fetched)
    if total > MAX_PLACES and may_cut:
        for half in rect.halves():
            _collect(half, fetched, cuts=cuts + 1)
        return
    fetched.whole &= total <= MAX_PLACES
    for page in range(2, -(-min(total, MAX_PLACES) // PAGE_PLACES) + 1):
        _page(rect, page, fetched)


def _page(rect: Rect, number: int, fetched: _Fetch) -> int:
    kakao_quota.spend()
    fetched.going_on()
    left = min(fetched.ends - time.monotonic(), PAGE_SECONDS)
    if left <= 0:
        raise VendorTimeout("kakao_local", "deadline passed")
    page = pharmacies_in(rect, number, seen=fetched.seen, deadline=left)
    fetched.calls += 1
    fetched.records += page.batch.rows
    return page.total


def _mark_gone(cell: str, fetched: _Fetch) -> frozenset[int]:
    """Kakao's rows in this cell that it shows no more."""
    rect = rect_of(cell)
    shown = {record.source_id for record in fetched.records}
    inside = Pharmacy.objects.filter(source=Pharmacy.Source.KAKAO, vanished_at=None, **_within(rect))
    gone = [row.pk for row in inside if row.source_id not in shown and cell_of(row.lat, row.lng) == cell]
    Pharmacy.objects.filter(pk__in=gone).update(vanished_at=timezone.now(), merged_into=None)
    return frozenset(gone)


def _note(cell: str, **said: object) -> None:
    PharmacyCell.objects.update_or_create(cell=cell, defaults={"tried_at": timezone.now(), **said})


def _note_failure(cell: str, error: VendorError) -> None:
    """Remember for a moment that it failed, here and for all processes, and rest after a refusal."""
    _note(cell, outcome=error.outcome)
    if not isinstance(error, VendorTimeout):
        tiers().set_many({_KEY + cell: _FAILED}, seconds=RETRY_SECONDS)
    if isinstance(error, KakaoQuota):
        kakao_quota.rest(kakao_quota.QUOTA_SECONDS)
    elif isinstance(error, KakaoKeyRefused):
        kakao_quota.rest(kakao_quota.KEY_SECONDS)
    if not isinstance(error, BreakerOpen | BudgetExhausted):
        logger.warning("Kakao was not heard", extra={"vendor": "kakao_local", "outcome": error.outcome})
