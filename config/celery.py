"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from core import worker_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

__all__ = ["app", "worker_metrics"]

app = Celery("pilling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _leave_logging(**kwargs: Any) -> None:
    """Lines, levels and handlers are settings.LOGGING's; Celery sets up its own unless somebody listens here."""
