"""Background work on summaries; settings.CELERY_TASK_ROUTES says what somebody waits for."""

import logging

from celery import shared_task
from redis.exceptions import RedisError

from core.celery_task import PillingTask, enqueue
from summaries import batches, ledger, reads, services
from summaries.ledger import Purpose
from summaries.models import Kind

logger = logging.getLogger(__name__)


@shared_task(base=PillingTask, name="summaries.tasks.generate_summary", autoretry_for=())
def generate_summary(kind: Kind, pk: int) -> None:
    """Failures are noted in the row, and the sweep sends it again: the queue holds no retries."""
    services.generate(kind=kind, pk=pk)


@shared_task(base=PillingTask, name="summaries.tasks.fetch_label")
def fetch_label(item_seq: str) -> None:
    services.fetch_label(item_seq=item_seq)


@shared_task(base=PillingTask, name="summaries.tasks.sweep_summaries")
def sweep_summaries() -> None:
    """Send again what was lost, failed a while ago, or lost its label."""
    for kind, pk in services.sweep():
        enqueue(refresh_summary, kind, pk)


@shared_task(base=PillingTask, name="summaries.tasks.refresh_summary", autoretry_for=())
def refresh_summary(kind: Kind, pk: int) -> None:
    """As `generate_summary`, where nobody waits."""
    services.generate(kind=kind, pk=pk, purpose=Purpose.NIGHTLY)


@shared_task(base=PillingTask, name="summaries.tasks.summarize_popular")
def summarize_popular() -> None:
    """Each night: one batch after another, until nothing is due or the budget's share is reserved."""
    batch = batches.plan_night() if services.can_generate() else None
    if batch is not None:
        enqueue(submit_batch, batch.pk)
        enqueue(summarize_popular)


@shared_task(base=PillingTask, name="summaries.tasks.submit_batch", autoretry_for=())
def submit_batch(pk: int) -> None:
    batches.submit(pk=pk)


@shared_task(base=PillingTask, name="summaries.tasks.collect_batch", autoretry_for=())
def collect_batch(pk: int) -> None:
    batches.collect(pk=pk)


@shared_task(base=PillingTask, name="summaries.tasks.clean_batch", autoretry_for=())
def clean_batch(pk: int) -> None:
    batches.clean(pk=pk)


_NEXT = {"planned": submit_batch, "submitted": collect_batch}


@shared_task(base=PillingTask, name="summaries.tasks.tend_batches")
def tend_batches() -> None:
    """Send every open batch its next step: the rows tell which."""
    for pk, state in batches.open_batches():
        enqueue(_NEXT.get(state, clean_batch), pk)


@shared_task(base=PillingTask, name="summaries.tasks.store_reads")
def store_reads() -> None:
    """With Redis away the counts wait there for the next time."""
    try:
        reads.store()
    except RedisError as error:
        logger.warning("Reads not stored: %s", type(error).__name__)


@shared_task(base=PillingTask, name="summaries.tasks.purge_calls")
def purge_calls() -> None:
    """Ledger rows after 13 months, batches after one."""
    ledger.purge_calls()
    batches.purge()
