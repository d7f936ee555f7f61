"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os

from celery import Celery

from core import worker_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

__all__ = ["app", "worker_metrics"]

app = Celery("pilling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
