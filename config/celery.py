"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from core import telemetry, worker_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

__all__ = ["app", "worker_metrics"]

app = Celery("pilling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# RedBeat looks for its settings by these names alone, and takes the broker's for missing ones.
app.add_defaults(
    lambda: {
        "redbeat_redis_url": settings.CELERY_BROKER_REDIS_URL,
        "redbeat_redis_options": {"socket_timeout": 5, "socket_connect_timeout": 1},
        "redbeat_key_prefix": "pilling:beat:",
        "redbeat_lock_timeout": 30,
    }
)


@setup_logging.connect
def _leave_logging(**kwargs: Any) -> None:
    """Lines, levels and handlers are settings.LOGGING's; Celery sets up its own unless somebody listens here."""


@worker_process_init.connect
def _watch(**kwargs: Any) -> None:
    telemetry.start("worker")
