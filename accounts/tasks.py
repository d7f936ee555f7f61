"""Background work on accounts."""

from celery import shared_task

from accounts.services import denials, errands, housekeeping
from core.celery_task import PillingTask, enqueue


@shared_task(base=PillingTask, name="accounts.tasks.run_errand")
def run_errand(pk: int) -> None:
    errands.run(pk=pk)


@shared_task(base=PillingTask, name="accounts.tasks.sweep_errands")
def sweep_errands() -> None:
    """Send again what waited for Kakao, or got lost with the broker or a worker."""
    for pk in errands.due():
        enqueue(run_errand, pk)


# The only copy of what Kakao told us while the database was away: tried until it is back.
@shared_task(base=PillingTask, name="accounts.tasks.note_unlinked", max_retries=None)
def note_unlinked(kakao_sub: str) -> None:
    enqueue(run_errand, errands.note_unlinked(kakao_sub=kakao_sub))


@shared_task(base=PillingTask, name="accounts.tasks.renew_denials")
def renew_denials() -> None:
    denials.sweep()


@shared_task(base=PillingTask, name="accounts.tasks.purge_logins")
def purge_logins() -> int:
    return housekeeping.purge_logins()
