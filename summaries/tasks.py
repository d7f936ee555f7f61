"""Background work on summaries; settings.CELERY_TASK_ROUTES says what somebody waits for."""

from celery import shared_task

from core.celery_task import PillingTask, enqueue
from summaries import services


@shared_task(base=PillingTask, name="summaries.tasks.generate_summary", autoretry_for=())
def generate_summary(kind: services.Kind, pk: int) -> None:
    """Failures are noted in the row, and the sweep sends it again: the queue holds no retries."""
    services.generate(kind=kind, pk=pk)


@shared_task(base=PillingTask, name="summaries.tasks.fetch_label")
def fetch_label(item_seq: str) -> None:
    services.fetch_label(item_seq=item_seq)


@shared_task(base=PillingTask, name="summaries.tasks.sweep_summaries")
def sweep_summaries() -> None:
    """Send again what was lost, failed a while ago, or lost its label."""
    for kind, pk in services.sweep():
        enqueue(generate_summary, kind, pk)
