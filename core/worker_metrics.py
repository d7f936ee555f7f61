"""The Celery worker's own `/metrics`, on CELERY_METRICS_PORT (0: off). Imported by config.celery for its hooks.

An exporter of its own rather than the web's directory: the web's master wipes that directory whenever it starts, and in
production the worker runs in another container. Its pool meets in a PROMETHEUS_MULTIPROC_DIR of its own.
"""

import contextlib
import logging
import os
from collections.abc import Iterator
from typing import Any

from celery.signals import task_prerun, worker_init, worker_process_shutdown
from django.conf import settings
from prometheus_client import start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from core import metrics, minutes, stores

logger = logging.getLogger(__name__)


class QueueLengths(Collector):
    """`celery_queue_length{queue}`: what waits in the broker, asked at each scrape; nothing while it is away."""

    def collect(self) -> Iterator[Metric]:
        lengths = GaugeMetricFamily("celery_queue_length", "Tasks that wait for a worker.", labels=["queue"])
        for queue in settings.CELERY_TASK_QUEUES:
            with contextlib.suppress(RedisError):
                waiting = stores.broker.run(lambda client, name=queue.name: client.llen(name))  # type: ignore[misc]
                lengths.add_metric([queue.name], float(waiting))
        yield lengths


@worker_init.connect
def _export(**kwargs: Any) -> None:
    port = settings.CELERY_METRICS_PORT
    if not port:
        return
    if metrics.multiproc_dir() is None:
        logger.error("CELERY_METRICS_PORT needs PROMETHEUS_MULTIPROC_DIR: tasks are counted in the pool's processes")
        return
    metrics.wipe_multiproc_dir()
    registry = metrics.registry()
    registry.register(QueueLengths())
    start_http_server(port, registry=registry)


@task_prerun.connect
def _count_minutes(**kwargs: Any) -> None:
    minutes.ensure()


@worker_process_shutdown.connect
def _forget(**kwargs: Any) -> None:
    minutes.flush()
    metrics.mark_dead(os.getpid())
