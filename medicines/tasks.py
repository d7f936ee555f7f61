"""Background work on the catalogue. Each task guards, calls one service, and says what comes next."""

import logging

from celery import shared_task
from redis.exceptions import RedisError

from core.celery_task import PillingTask, enqueue
from core.mirroring import MirrorBusy, MirrorStopped
from medicines.selectors.detail import labels_to_fetch
from medicines.services import backfill, mirror, misses, popularity, reindex, search_index, warming
from medicines.services.labels import claim_label
from medicines.services.reindex import ReindexBusy

logger = logging.getLogger(__name__)
_AFTER = dict(zip(mirror.SOURCES, (*mirror.SOURCES[1:], None), strict=True))


@shared_task(base=PillingTask, name="medicines.tasks.sync_medicines", bind=True, max_retries=4)
def sync_medicines(self: PillingTask, source: str = mirror.SOURCES[0]) -> None:
    """Mirror a stretch of one source and send the next one: the rest of it, the next source, the search's rebuild."""
    if reindex.is_outdated():
        enqueue(reindex_search)
    try:
        done = mirror.run_chunk(source=source).done
    except MirrorBusy:
        # A worker that died holds its lease for three minutes; whoever is still at it then sees to the rest.
        if self.request.retries < 4:
            raise self.retry(countdown=60) from None
        return
    except MirrorStopped:
        done = True
    mirror.tell_completed()
    following = _AFTER[source] if done else source
    if following:
        enqueue(sync_medicines, following)
    else:
        enqueue(rebuild_search)


@shared_task(base=PillingTask, name="medicines.tasks.catch_up")
def catch_up() -> None:
    """Go on with the mirror where the night left it: its source was down, or the worker died."""
    mirror.tell_completed()
    if source := mirror.first_behind():
        enqueue(sync_medicines, source)


@shared_task(base=PillingTask, name="medicines.tasks.reindex_search")
def reindex_search() -> None:
    """One look, unless a release changed the rules of search: then a stretch of the rebuild, which sends the next."""
    try:
        done = reindex.run_chunk()
    except ReindexBusy:
        return
    if not done:
        enqueue(reindex_search)


@shared_task(base=PillingTask, name="medicines.tasks.rebuild_search")
def rebuild_search() -> None:
    search_index.rebuild()
    enqueue(backfill_labels)


@shared_task(base=PillingTask, name="medicines.tasks.backfill_labels")
def backfill_labels() -> None:
    if backfill.backfill().more:
        enqueue(backfill_labels)


@shared_task(base=PillingTask, bind=True, name="medicines.tasks.fetch_label")
def fetch_label(self: PillingTask, item_seq: str) -> None:
    """A failure of the source is noted with the product, which the next request for it sends here again."""
    backfill.fetch_label(item_seq=item_seq, holder=self.request.id or "")


@shared_task(base=PillingTask, name="medicines.tasks.sweep_labels")
def sweep_labels() -> None:
    """Send again what was asked for and got lost: the broker was away, or a worker died."""
    for item_seq in labels_to_fetch(limit=50):
        if claim_label(item_seq=item_seq):
            enqueue(fetch_label, item_seq)


@shared_task(base=PillingTask, name="medicines.tasks.store_popularity")
def store_popularity() -> None:
    """With Redis away the counts wait there for the next time."""
    try:
        popularity.store_counts()
    except RedisError as error:
        logger.warning("Searches not stored: %s", type(error).__name__)


@shared_task(base=PillingTask, name="medicines.tasks.store_misses")
def store_misses() -> None:
    misses.store()


@shared_task(base=PillingTask, name="medicines.tasks.warm_cache")
def warm_cache() -> None:
    warming.warm()
