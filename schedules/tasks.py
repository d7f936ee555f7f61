"""Background work of the schedules; beat (config/beat.py) says when."""

import time

from celery import shared_task

from core.celery_task import PillingTask, enqueue
from schedules.services import housekeeping, planning, receipts, reminders, sending, stock_warnings

# Short, so that a worker with few processes gets round to other work; beat starts the next one soon.
_REMIND_SECONDS = 25.0
# Beat's interval: what is due before the next run is waited for, so that it comes at its time.
_REMIND_EVERY = 10.0
_NAP = 0.1
_PEOPLE_A_TASK = 50


@shared_task(base=PillingTask, name="schedules.tasks.remind", autoretry_for=())
def remind() -> None:
    """Hand out and send until nothing is due or time is up. Any number may run at once; beat starts two."""
    ends = time.monotonic() + _REMIND_SECONDS
    sending.free_leases()
    while time.monotonic() < ends:
        handed = reminders.hand_out()
        if sending.send_some() or handed:
            continue
        if not sending.is_due_within(_REMIND_EVERY):
            return
        time.sleep(_NAP)


@shared_task(base=PillingTask, name="schedules.tasks.check_receipts")
def check_receipts() -> None:
    ends = time.monotonic() + _REMIND_SECONDS
    while time.monotonic() < ends and receipts.check_some():
        pass
    receipts.give_up()


@shared_task(base=PillingTask, name="schedules.tasks.warn_of_stock")
def warn_of_stock() -> None:
    ends = time.monotonic() + _REMIND_SECONDS
    while time.monotonic() < ends and stock_warnings.warn():
        pass


@shared_task(base=PillingTask, name="schedules.tasks.fill_horizons")
def fill_horizons() -> None:
    """Send everybody whose intakes reach less than 30 days ahead, in small tasks."""
    ids = [str(id_) for id_ in planning.due_for_filling(limit=20_000)]
    for start in range(0, len(ids), _PEOPLE_A_TASK):
        enqueue(fill, ids[start : start + _PEOPLE_A_TASK])


@shared_task(base=PillingTask, name="schedules.tasks.fill")
def fill(user_ids: list[str]) -> None:
    planning.fill_many(user_ids)


@shared_task(base=PillingTask, name="schedules.tasks.purge")
def purge() -> None:
    for sweep in (housekeeping.purge_tombstones, housekeeping.purge_messages):
        while sweep():
            pass
    housekeeping.purge_invitations()
