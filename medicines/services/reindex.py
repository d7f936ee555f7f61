"""Deriving the search columns anew when the rules of medicines.search changed, in batches beside all other work.

The row of SearchIndex says by which rules they were derived and how far a run has come, so that one that was cut off
goes on where it stood. Only rows that come out otherwise are written.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from core.locks import lease
from medicines.models import Medicine, SearchIndex
from medicines.search.columns import SEARCH_COLUMNS
from medicines.search.version import VERSION
from medicines.selectors.tiers import lists_changed
from medicines.services import catalogue, search_index

BATCH = 500
# A chunk fits in a task's two minutes, and so does the rebuild that follows the last one; the lease outlives both.
CHUNK_SECONDS = 50.0
_LEASE_SECONDS = 180.0
_ONLY = 1


class ReindexBusy(Exception):
    """Another process is at it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Products looked at, and those among them whose columns came out otherwise."""

    read: int
    changed: int


OnBatch = Callable[[Batch], object]


def is_outdated() -> bool:
    """Whether the columns were derived by other rules than this process has. One query."""
    return not SearchIndex.objects.filter(pk=_ONLY, version=VERSION).exists()


def run(*, restart: bool = False, on_batch: OnBatch | None = None) -> None:
    """All of it in this process, if it is outdated; with `restart` in any case. Raises ReindexBusy."""
    done = run_chunk(restart=restart, on_batch=on_batch)
    while not done:
        done = run_chunk(on_batch=on_batch)


def run_chunk(*, restart: bool = False, seconds: float | None = None, on_batch: OnBatch | None = None) -> bool:
    """Go on for about `seconds` (CHUNK_SECONDS); whether nothing is left to do. Raises ReindexBusy."""
    if not (restart or is_outdated()):
        return True
    with lease("search-index", seconds=_LEASE_SECONDS) as mine:
        if not mine:
            raise ReindexBusy
        index = _opened(restart)
        if _batches(index, time.monotonic() + (CHUNK_SECONDS if seconds is None else seconds), on_batch):
            return False
        _finish(index)
        return True


def _opened(restart: bool) -> SearchIndex:
    """The run to go on with; from the first product when it is a new one."""
    index, _ = SearchIndex.objects.get_or_create(pk=_ONLY)
    if restart or index.building != VERSION:
        index.version, index.building, index.done_to = "", VERSION, 0
        index.save()
    return index


def _batches(index: SearchIndex, ends: float, on_batch: OnBatch | None) -> int:
    """Batches until the time is up or none is left; how many."""
    count = changed = 0
    while batch := _next(index):
        count, changed = count + 1, changed + batch.changed
        if on_batch is not None:
            on_batch(batch)
        if time.monotonic() >= ends:
            break
    if changed:
        lists_changed()
    return count


@transaction.atomic
def _next(index: SearchIndex) -> Batch | None:
    """Derive the next products; None when all are done. Writers wait, so that none stores by a name that moved."""
    catalogue.lock_writes()
    rows = Medicine.objects.filter(pk__gt=index.done_to).order_by("pk")
    products = list(rows.only("name", "name_en", "ingredients", *SEARCH_COLUMNS)[:BATCH])
    if not products:
        return None
    changed = [product for product in products if catalogue.derive(product)]
    catalogue.write_derived(products=changed)
    index.done_to = products[-1].pk
    index.save(update_fields=["done_to"])
    return Batch(len(products), len(changed))


def _finish(index: SearchIndex) -> None:
    """What is read besides the columns, and then the version: a run that ends before it goes on here."""
    search_index.rebuild()
    index.version, index.building, index.built_at = VERSION, "", timezone.now()
    index.save()
