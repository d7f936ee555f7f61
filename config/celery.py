"""The Celery application: `celery -A config worker`, `celery -A config beat`."""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_process_init
from django.conf import settings

from core import stores, telemetry, worker_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

__all__ = ["app", "worker_metrics"]

app = Celery("pilling")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# RedBeat looks for its settings by these names alone, and takes the broker's for missing ones.
app.add_defaults(lambda: {**_redbeat(), "redbeat_key_prefix": "pilling:beat:", "redbeat_lock_timeout": 30})


def _redbeat() -> dict[str, Any]:
    url = settings.CELERY_BROKER_REDIS_URL
    options: dict[str, Any] = {"socket_timeout": 5, "socket_connect_timeout": 1}
    if not url.startswith(stores.SENTINEL):
        return {"redbeat_redis_url": url, "redbeat_redis_options": options}
    options |= {"sentinels": stores.sentinels(url), "service_name": settings.CELERY_BROKER_MASTER}
    options |= stores.master_options(url)
    return {"redbeat_redis_url": "redis-sentinel://", "redbeat_redis_options": options}


@setup_logging.connect
def _leave_logging(**kwargs: Any) -> None:
    """Lines, levels and handlers are settings.LOGGING's; Celery sets up its own unless somebody listens here."""


@worker_init.connect
def _load(sender: Any, **kwargs: Any) -> None:
    """What the tasks of these queues need, once, before the pool is forked."""
    if not {"people", "batch"}.isdisjoint(sender.app.amqp.queues.consume_from):
        import_module("summaries.client").load_package()


@worker_process_init.connect
def _watch(**kwargs: Any) -> None:
    telemetry.start("worker")
