"""How gunicorn serves the product; every value can be given by a variable."""

import gc
import os
from typing import Any

from config import own_addresses
from config.web_server import cores
from core import telemetry
from core.metrics import mark_dead, wipe_multiproc_dir

# A web request that keeps PostgreSQL longer than this is a fault.
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "5000")

# One for each process, for nginx; who else comes (Prometheus, health checks) is answered by any of them at the first.
bind = own_addresses.addresses(
    os.environ.get("GUNICORN_BIND") or f"127.0.0.1:{os.environ.get('PORT') or '8000'}", os.environ.get("WEB_PORTS", "")
)
workers = int(os.environ.get("WEB_CONCURRENCY") or cores())
worker_class = "config.web_server.ProblemWorker"
threads = int(os.environ.get("WEB_THREADS", "8"))
# One search needs milliseconds; a summary may wait 3 s for its model, a first label 3 s for its source.
timeout = 30
graceful_timeout = 20
keepalive = 5
# Whom to believe is settings.TRUSTED_PROXIES' to say, and no header of a proxy's moves a path.
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""
# Seldom, and far apart: while one of two workers is renewed the other carries everything for some seconds.
max_requests = 1_000_000
max_requests_jitter = 1_000_000
preload_app = True
accesslog = None  # core.middleware writes the access log: without query strings
errorlog = "-"
# Its default place is in the home folder, where two copies would meet.
control_socket_disable = True
logger_class = "config.web_server.JsonLogger"


def on_starting(server: Any) -> None:
    """Only the master empties the metrics folder: a worker that did would erase its siblings' figures."""
    wipe_multiproc_dir()


def when_ready(server: Any) -> None:
    """What the master loaded is not looked through again by a worker's garbage collector, which stands still for it."""
    gc.collect()
    gc.freeze()


pre_fork = own_addresses.give


def post_fork(server: Any, worker: Any) -> None:
    telemetry.start("web")


def child_exit(server: Any, worker: Any) -> None:
    mark_dead(worker.pid)
