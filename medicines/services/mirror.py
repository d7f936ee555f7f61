"""The nightly mirror: one source page by page into the catalogue, resumable after any stop.

A run is a row of MirrorRun; each page and the run's progress are stored in one transaction. What a complete run no
longer shows: medicines.services.vanished.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import mirroring
from core.datagokr import KeyRefused
from core.errors import BreakerOpen, BudgetExhausted, VendorError, VendorRefused
from core.locks import acquire, release, renew
from core.mirroring import BELIEVABLE, RESUMABLE, TOLERANCE, MirrorBusy, MirrorStopped, NonsensePage, resumed, tried
from medicines import client
from medicines.client import SourcePage
from medicines.models import Medicine, MirrorRun
from medicines.records import Ingredient, Record, Refusal
from medicines.selectors import tiers
from medicines.services import catalogue, vanished

logger = logging.getLogger(__name__)

SOURCES = ("easy", "permit", "ingredients")
# A chunk, and its last page with all its attempts, fit in a task's two minutes.
CHUNK_SECONDS = 50.0
# Renewed with each page, all of whose attempts fit in; whoever is killed stands in the way no longer than this.
LEASE_SECONDS = 75.0
# Refusals kept with a run; all are counted.
_KEPT_REFUSALS = 200
# Pages that fail one after another before the source is taken for down and the run waits for another night.
_FAILED_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One page done: `changed` products, or `failure` when it was given up; `last` when the run has no more pages."""

    page: int
    changed: frozenset[str] = frozenset()
    failure: str = ""
    last: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a run: the run as it stands and whether it is over."""

    run: MirrorRun
    done: bool


def run_chunk(
    *,
    source: str,
    seconds: float | None = None,
    restart: bool = False,
    backoff: float = 1.0,
    on_page: Callable[[MirrorRun, Step], object] | None = None,
) -> Chunk:
    """Mirror one source for about `seconds` (CHUNK_SECONDS), from where its run stands; caches are told what changed.

    Raises MirrorBusy, and MirrorStopped when going on is useless now (what was done stays done).
    """
    with _alone(source) as still_alone:
        run = open_run(source=source, restart=restart)
        ends = time.monotonic() + (CHUNK_SECONDS if seconds is None else seconds)
        while True:
            still_alone()
            done = step(run=run, backoff=backoff)
            tiers.catalogue_changed(done.changed)
            if on_page is not None:
                on_page(run, done)
            if done.last:
                tiers.catalogue_changed(finish(run=run))
                return Chunk(run, done=True)
            if time.monotonic() >= ends:
                return Chunk(run, done=False)


@contextlib.contextmanager
def _alone(source: str) -> Iterator[Callable[[], None]]:
    """One process at a time for each source; gives what each page calls. Both raise MirrorBusy."""
    key = f"mirror:{source}"
    token = acquire(key, seconds=LEASE_SECONDS)
    if token is None:
        raise MirrorBusy(source)

    def still_alone() -> None:
        if not renew(key, token, seconds=LEASE_SECONDS):
            raise MirrorBusy(source)

    try:
        yield still_alone
    finally:
        release(key, token)


def open_run(*, source: str, restart: bool = False) -> MirrorRun:
    """The run to go on with: a recent one that was cut off, unless `restart`; else a new one."""
    run = resumed(MirrorRun.objects.filter(source=source), restart=restart)
    return run or MirrorRun.objects.create(source=source)


def first_behind() -> str | None:
    """The first source that has no run to its end since the last night began, of those that were ever begun."""
    ended = MirrorRun.objects.exclude(state=MirrorRun.State.RUNNING).exclude(state=MirrorRun.State.FAILED)
    fresh = set(ended.filter(started_at__gte=timezone.now() - RESUMABLE).values_list("source", flat=True))
    begun = MirrorRun.objects.exists()
    return next((source for source in SOURCES if begun and source not in fresh), None)


def tell_completed() -> None:
    for source in SOURCES:
        mirroring.tell_completed(MirrorRun.objects.filter(source=source), source)


def step(*, run: MirrorRun, backoff: float = 1.0) -> Step:
    """Do the run's next page. A page that fails ATTEMPTS times is noted and the run goes on after it.

    Raises MirrorStopped when going on is useless: key, quota, budget, or the source is down.
    """
    page = run.next_page
    try:
        fetched = _fetched(run, page, backoff)
    except (VendorError, NonsensePage) as error:
        return _give_up(run, page, error)
    changed = _store(run, page, fetched)
    return Step(page, changed, last=page * client.PAGE_ROWS >= fetched.total)


def finish(*, run: MirrorRun) -> frozenset[str]:
    """Close a run that has no more pages; returns the item_seqs of products that it found vanished."""
    with transaction.atomic():
        run.state = MirrorRun.State.COMPLETE if _is_complete(run) else MirrorRun.State.INCOMPLETE
        run.finished_at = timezone.now()
        run.save()
        changed = vanished.sweep(run=run) if run.state == MirrorRun.State.COMPLETE else frozenset()
        run.rows_vanished = len(changed) if run.source != MirrorRun.Source.INGREDIENTS else 0
        run.save()
    _log(run)
    return changed


def _log(run: MirrorRun) -> None:
    counts = f"{run.rows_read} read, {run.rows_changed} changed, {run.rows_skipped} skipped, {run.rows_refused} refused"
    failed = f"{run.rows_vanished} vanished, {len(run.failed_pages)} pages failed"
    logger.info("Mirror run %s: %s, %s", run.state, counts, failed, extra={"source": run.source})


def _fetched(run: MirrorRun, page: int, backoff: float) -> SourcePage[Any]:
    return tried(lambda: _believed(run, page, _PAGES[run.source](page)), backoff=backoff)


_PAGES: dict[str, Callable[[int], SourcePage[Any]]] = {
    "easy": client.easy_page,
    "permit": client.permit_page,
    "ingredients": client.ingredients_page,
}


def _believed(run: MirrorRun, page: int, fetched: SourcePage[Any]) -> SourcePage[Any]:
    before = run.total_count or _last_complete_total(run.source)
    grown = 0 < run.total_count < fetched.total * BELIEVABLE
    if fetched.total < before * BELIEVABLE or fetched.total == 0 or grown:
        raise NonsensePage(f"a total of {fetched.total} after {before}")
    expected = min(client.PAGE_ROWS, fetched.total - (page - 1) * client.PAGE_ROWS)
    if fetched.batch.read < expected / 2:
        raise NonsensePage(f"{fetched.batch.read} rows instead of {expected}")
    if len(fetched.batch.refusals) == fetched.batch.read > 1:
        raise NonsensePage(f"no readable row: {fetched.batch.refusals[0].reason}")
    return fetched


def _last_complete_total(source: str) -> int:
    runs = MirrorRun.objects.filter(source=source, state=MirrorRun.State.COMPLETE).order_by("-id")
    return runs.values_list("total_count", flat=True).first() or 0


def _store(run: MirrorRun, page: int, fetched: SourcePage[Any]) -> frozenset[str]:
    batch = fetched.batch
    with transaction.atomic():
        changed = _upsert(batch.rows, run)
        run.total_count = fetched.total
        run.next_page = page + 1
        run.rows_read += batch.read
        run.rows_changed += len(changed)
        run.rows_skipped += batch.skipped
        run.rows_refused += len(batch.refusals)
        run.refusals = [*run.refusals, *map(_listed, batch.refusals)][:_KEPT_REFUSALS]
        run.save()
    return changed


def _upsert(rows: Sequence[Record | Ingredient], run: MirrorRun) -> frozenset[str]:
    records = [row for row in rows if isinstance(row, Record)]
    ingredients = [row for row in rows if isinstance(row, Ingredient)]
    return catalogue.upsert_many(items=records, run=run.pk) | catalogue.upsert_ingredients(
        items=ingredients, run=run.pk
    )


def _listed(refusal: Refusal) -> dict[str, str]:
    return {"where": refusal.where, "reason": refusal.reason}


def _give_up(run: MirrorRun, page: int, error: VendorError | NonsensePage) -> Step:
    reason = f"{type(error).__name__}: {error}"[:200]
    logger.error("Mirror page %d failed: %s", page, reason, extra={"source": run.source})
    run.failed_pages = [*run.failed_pages, {"page": page, "reason": reason}]
    if _is_hopeless(run, page, error):
        _stop(run, page, reason, fatal=isinstance(error, KeyRefused))
    run.next_page = page + 1
    run.save()
    return Step(page, failure=reason, last=page * client.PAGE_ROWS >= run.total_count)


def _is_hopeless(run: MirrorRun, page: int, error: VendorError | NonsensePage) -> bool:
    if isinstance(error, VendorRefused | BudgetExhausted | BreakerOpen) or not run.total_count:
        return True
    row = range(page - _FAILED_IN_A_ROW + 1, page + 1)
    return {failed["page"] for failed in run.failed_pages} >= set(row)


def _stop(run: MirrorRun, page: int, reason: str, *, fatal: bool) -> None:
    """Leave the run so that it goes on later at the first page of this failure."""
    pages = {failed["page"] for failed in run.failed_pages}
    while page - 1 in pages:
        page -= 1
    run.failed_pages = [failed for failed in run.failed_pages if failed["page"] < page]
    run.next_page, run.note = page, reason
    if fatal or not run.total_count:
        run.state, run.finished_at = MirrorRun.State.FAILED, timezone.now()
    run.save()
    raise MirrorStopped(reason)


def _is_complete(run: MirrorRun) -> bool:
    """Every page came, and with them the rows that the source says it has, give or take two in a hundred."""
    missing = abs(_shown(run) - run.total_count)
    return not run.failed_pages and run.total_count > 0 and missing <= run.total_count * TOLERANCE


def _shown(run: MirrorRun) -> int:
    """Rows of the run, each product once: a source that sends one page for another has not shown the rest."""
    if run.source == MirrorRun.Source.INGREDIENTS:
        return run.rows_read
    return Medicine.objects.filter(**{f"{run.source}_seen_run": run.pk}).count() + run.rows_skipped + run.rows_refused
