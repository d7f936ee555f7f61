"""The nightly copy of the national list: page by page, resumable after any stop, safe to repeat.

A run is a row of PharmacyRun; each page and the run's progress are stored in one transaction. A pharmacy has closed
down when two complete runs in a row did not show it; it is never deleted, and showing up again undoes it.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from core import mirroring
from core.datagokr import KeyRefused
from core.errors import BreakerOpen, BudgetExhausted, VendorError, VendorRefused
from core.locks import lease
from core.mirroring import BELIEVABLE, TOLERANCE, MirrorBusy, MirrorStopped, NonsensePage, resumed, tried
from pharmacies import client
from pharmacies.client import SourcePage
from pharmacies.models import Pharmacy, PharmacyRun
from pharmacies.services.matching import match_all
from pharmacies.services.store import upsert

logger = logging.getLogger(__name__)

State = PharmacyRun.State
# A chunk, and its last page with all its attempts, fit in a task's two minutes; the lease outlives both.
CHUNK_SECONDS = 15.0
_LEASE_SECONDS = 180.0
_KEPT_REFUSALS = 300


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a run: the run as it stands and whether it is over."""

    run: PharmacyRun
    done: bool


def run_chunk(
    *,
    seconds: float | None = None,
    restart: bool = False,
    backoff: float = 1.0,
    on_page: Callable[[PharmacyRun], object] | None = None,
) -> Chunk:
    """Copy for about `seconds` (CHUNK_SECONDS), from where the run stands. Raises MirrorBusy, MirrorStopped."""
    with lease("mirror:pharmacies", seconds=_LEASE_SECONDS) as mine:
        if not mine:
            raise MirrorBusy
        run = _open_run(restart=restart)
        ends = time.monotonic() + (CHUNK_SECONDS if seconds is None else seconds)
        while True:
            last = _step(run, backoff)
            if on_page is not None:
                on_page(run)
            if last:
                _finish(run)
            if last or time.monotonic() >= ends:
                return Chunk(run, done=last)


def tell_completed() -> None:
    mirroring.tell_completed(PharmacyRun.objects.all(), "pharmacies")


def _open_run(*, restart: bool) -> PharmacyRun:
    """The run to go on with: a recent one that was cut off, unless `restart`; else a new one."""
    return resumed(PharmacyRun.objects.all(), restart=restart) or PharmacyRun.objects.create()


def _step(run: PharmacyRun, backoff: float) -> bool:
    """Do the run's next page; whether it was the last. A page that fails is noted, and the run goes on after it."""
    page = run.next_page
    try:
        fetched = _fetched(run, page, backoff)
    except (VendorError, NonsensePage) as error:
        _give_up(run, page, error)
    else:
        _store(run, page, fetched)
    return page * client.PAGE_ROWS >= run.total_count


def _fetched(run: PharmacyRun, page: int, backoff: float) -> SourcePage:
    return tried(lambda: _believed(run, client.national_page(page, set())), backoff=backoff)


def _believed(run: PharmacyRun, fetched: SourcePage) -> SourcePage:
    complete = PharmacyRun.objects.filter(state=State.COMPLETE).order_by("-id")
    before = run.total_count or complete.values_list("total_count", flat=True).first() or 0
    if fetched.total < before * BELIEVABLE or fetched.total == 0:
        raise NonsensePage(f"a total of {fetched.total} after {before}")
    if fetched.batch.read and not fetched.batch.rows:
        raise NonsensePage(f"no readable row: {fetched.batch.refusals[0].reason}")
    return fetched


@transaction.atomic
def _store(run: PharmacyRun, page: int, fetched: SourcePage) -> None:
    batch = fetched.batch
    changed = upsert(records=batch.rows, as_of=timezone.localdate(), run=run.pk)
    run.total_count, run.next_page = fetched.total, page + 1
    run.rows_read += batch.read
    run.rows_changed += len(changed)
    run.rows_refused += batch.lost
    listed = [{"where": refusal.where, "reason": refusal.reason} for refusal in batch.refusals]
    run.refusals = [*run.refusals, *listed][:_KEPT_REFUSALS]
    run.save()


def _give_up(run: PharmacyRun, page: int, error: VendorError | NonsensePage) -> None:
    reason = f"{type(error).__name__}: {error}"[:200]
    logger.error("Mirror page failed", extra={"source": "pharmacies", "rows": page, "outcome": type(error).__name__})
    after_another = any(failed["page"] == page - 1 for failed in run.failed_pages)
    refused = isinstance(error, VendorRefused | BudgetExhausted | BreakerOpen)
    if refused or after_another or not run.total_count:
        _stop(run, page, reason, fatal=isinstance(error, KeyRefused))
    run.failed_pages = [*run.failed_pages, {"page": page, "reason": reason}]
    run.next_page = page + 1
    run.save()


def _stop(run: PharmacyRun, page: int, reason: str, *, fatal: bool) -> None:
    """Leave the run so that it goes on later at the first page of this failure."""
    if any(failed["page"] == page - 1 for failed in run.failed_pages):
        page -= 1
    run.failed_pages = [failed for failed in run.failed_pages if failed["page"] < page]
    run.next_page, run.note = page, reason
    if fatal or not run.total_count:
        run.state, run.finished_at = State.FAILED, timezone.now()
    run.save()
    raise MirrorStopped(reason)


def _finish(run: PharmacyRun) -> None:
    """Close a run that has no more pages, and match what the other sources have to what it brought."""
    missing = abs(run.rows_read - run.total_count)
    complete = not run.failed_pages and run.total_count > 0 and missing <= run.total_count * TOLERANCE
    with transaction.atomic():
        previous = PharmacyRun.objects.filter(id__lt=run.pk).order_by("-id").first()
        if complete and previous is not None and previous.state == State.COMPLETE:
            run.rows_vanished = _mark_vanished(previous.pk)
        run.state = State.COMPLETE if complete else State.INCOMPLETE
        run.finished_at = timezone.now()
        run.save()
    match_all()


def _mark_vanished(since: int) -> int:
    """Shown by a run once and not since that one. What only a file knows cannot vanish."""
    gone = Pharmacy.objects.filter(source=Pharmacy.Source.NEMC, seen_run__lt=since, vanished_at=None)
    return gone.update(vanished_at=timezone.now())
