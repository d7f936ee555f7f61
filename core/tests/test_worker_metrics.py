import os
import signal
import subprocess
import sys
import time

import pytest
import requests

from ops.tasks import purge_idempotency_keys
from sandbox.ports import free_port


def page(port):
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    except requests.ConnectionError:
        return ""


@pytest.fixture
def worker_port(tmp_path):
    """A real worker with two processes; the port of its metrics."""
    port = free_port()
    environment = os.environ | {"CELERY_METRICS_PORT": str(port), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--queues", "batch"]
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    yield port
    worker.send_signal(signal.SIGTERM)
    try:
        worker.wait(60)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_workers_page_counts_what_its_processes_did(worker_port):
    started = 'celery_tasks_total{outcome="started",task="ops.tasks.purge_idempotency_keys"}'
    purge_idempotency_keys.apply_async(queue="batch")
    for _ in range(600):
        if started in (text := page(worker_port)):
            break
        time.sleep(0.1)
    assert f"{started} 1.0" in text
    assert 'celery_queue_length{queue="people"} ' in text
