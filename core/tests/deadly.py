"""Tasks that kill their own process, for `celery -A core.tests.deadly worker`, which notices it sooner than usual."""

import os
import signal
from pathlib import Path

from celery import shared_task

from config.celery import app
from core.celery_task import PillingTask

__all__ = ["app", "dies", "dies_once"]

app.conf.worker_lost_wait = 0.2


@shared_task(base=PillingTask, name="core.tests.dies", default_retry_delay=0)
def dies(file: str, *, secret: str) -> None:
    with Path(file).open("a") as runs:
        runs.write("run\n")
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(base=PillingTask, name="core.tests.dies_once", default_retry_delay=0)
def dies_once(file: str) -> None:
    if Path(file).exists():
        Path(file).write_text("done")
        return
    Path(file).touch()
    os.kill(os.getpid(), signal.SIGKILL)
