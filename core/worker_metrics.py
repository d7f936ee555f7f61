"""The Celery worker's own `/metrics`, on CELERY_METRICS_PORT (0: off). Imported by config.celery for its hooks.

An exporter of its own rather than the web's directory: the web's master wipes that directory whenever it starts, and in
production the worker runs in another container.
"""

import os
from typing import Any

from celery.signals import worker_init, worker_process_shutdown
from django.conf import settings
from prometheus_client import start_http_server

from core import metrics


@worker_init.connect
def _export(**kwargs: Any) -> None:
    port = getattr(settings, "CELERY_METRICS_PORT", 0)
    if port:
        metrics.wipe_multiproc_dir()
        start_http_server(port, registry=metrics.registry())


@worker_process_shutdown.connect
def _forget(**kwargs: Any) -> None:
    metrics.mark_dead(os.getpid())
