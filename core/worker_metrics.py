"""The Celery worker's own `/metrics`, on CELERY_METRICS_PORT (0: off). Imported by config.celery for its hooks.

An exporter of its own rather than the web's directory: the web's master wipes that directory whenever it starts, and in
production the worker runs in another container. Its pool meets in a PROMETHEUS_MULTIPROC_DIR of its own.
"""

import logging
import os
from typing import Any

from celery.signals import worker_init, worker_process_shutdown
from django.conf import settings
from prometheus_client import start_http_server

from core import metrics

logger = logging.getLogger(__name__)


@worker_init.connect
def _export(**kwargs: Any) -> None:
    port = settings.CELERY_METRICS_PORT
    if not port:
        return
    if metrics.multiproc_dir() is None:
        logger.error("CELERY_METRICS_PORT needs PROMETHEUS_MULTIPROC_DIR: tasks are counted in the pool's processes")
        return
    metrics.wipe_multiproc_dir()
    start_http_server(port, registry=metrics.registry())


@worker_process_shutdown.connect
def _forget(**kwargs: Any) -> None:
    metrics.mark_dead(os.getpid())
