"""Background work on pharmacies. Each task guards, calls one service, and says what comes next."""

from celery import shared_task

from core.celery_task import PillingTask, enqueue
from core.errors import VendorError
from core.mirroring import MirrorBusy, MirrorStopped
from core.postgresql import DATABASE_AWAY
from pharmacies.services import holidays, kakao, mirror


@shared_task(base=PillingTask, name="pharmacies.tasks.sync_pharmacies", bind=True, max_retries=4)
def sync_pharmacies(self: PillingTask) -> None:
    """Copy a stretch of the national list and send the next one."""
    try:
        done = mirror.run_chunk().done
    except MirrorBusy:
        # A worker that died holds its lease for three minutes; whoever is still at it then sees to the rest.
        if self.request.retries < 4:
            raise self.retry(countdown=60) from None
        return
    except MirrorStopped:
        done = True
    mirror.tell_completed()
    if not done:
        enqueue(sync_pharmacies)


@shared_task(base=PillingTask, name="pharmacies.tasks.sync_holidays")
def sync_holidays() -> None:
    holidays.sync_holidays()


@shared_task(
    base=PillingTask, name="pharmacies.tasks.fetch_cell", bind=True, autoretry_for=DATABASE_AWAY, max_retries=3
)
def fetch_cell(self: PillingTask, cell: str) -> None:
    """A failure is noted with the cell; the next need of it or the sweep sends it here again."""
    try:
        if kakao.fetch_alone(cell=cell, holder=self.request.id or "") == "busy" and self.request.retries < 3:
            raise self.retry(countdown=5)
    except VendorError:
        return


@shared_task(base=PillingTask, name="pharmacies.tasks.refresh_cells")
def refresh_cells() -> None:
    for cell in kakao.due(limit=30):
        enqueue(fetch_cell, cell)
