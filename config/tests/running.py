"""The product as it runs: gunicorn and a Celery worker in processes of their own, on engines that a test may kill.

Nothing is stood in for but the outside services (`sandbox.standins`, over real HTTP). Fixture `product`: conftest.py.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import redis
import requests
from celery import Celery
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from config.tests import prepared
from core.invalidation import CHANNEL
from sandbox.engines.postgres import Postgres
from sandbox.engines.valkey import Valkey
from sandbox.home import PROJECT, Home
from sandbox.ports import free_port
from sandbox.process import Child, spawn, wait_until
from sandbox.standins import Standins, kakao
from sandbox.standins.standins import SAMPLE

# Products that the catalogue lacks and the sources know: what L3 is for. Every product whose name holds one of these.
HELD_BACK = (
    "마그밀",
    "키미테",
    "보나링",
    "자이로릭",
    "오라메디",
    "트라스트",
    "에어신신",
    "로프민",
    "쎄레스톤",
    "라미실",
)
# Prescription products in the catalogue whose label only the source has.
LABEL_HELD_BACK = ("200009026", "200108763")
SAMPLE_PHARMACIES = SAMPLE / "pharmacies.jsonl"
DATA_KEY = "sandbox-key"
_HIGH = "1000000/minute"


def wait_for(ready: Callable[[], object], *, seconds: float = 90, why: str = "") -> None:
    # Long, for a machine that has ten other things to do.
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, why or "waited in vain"
        time.sleep(0.1)


class Answer:
    """A raw answer: `status`, `headers` (lower case), `body`."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.body)
        return body


class Product:
    """One running product. `address`: gunicorn's; `standins`: the outside services and their fault switches."""

    concurrency = 1

    def __init__(self) -> None:
        self.home = Home(Path(tempfile.mkdtemp(prefix="pilling-product-")).resolve())
        self.home.make()
        (self.home.root / "static").mkdir()
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.standins = Standins(data=SAMPLE, detail_seconds=0.2, completion_seconds=0.1)
        self.postgres = Postgres(self.home, durable=False)
        self.cache = Valkey(self.home, "cache")
        self.broker = Valkey(self.home, "broker")
        self.env: dict[str, str] = {}
        self.children: dict[str, Child] = {}
        self.filled = False

    # --- up and down ---

    def start(self) -> None:
        self.standins.start()
        self.filled = prepared.copied(self.home)
        for name in ("postgres", "cache", "broker"):
            self.children[name] = getattr(self, name).start()
        self.env = self._environment()
        self.children["worker"] = self.start_worker()
        self._fill()
        self.children["gunicorn"] = self._start_gunicorn()

    def stop(self) -> None:
        """The product's own processes together, since each takes its seconds; then what they stand on."""
        for names in (("gunicorn", "worker"), ("broker", "cache", "postgres")):
            children = [self.children[name] for name in names if name in self.children]
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda child: child.stop(patience=25), children))
        self.standins.stop()
        shutil.rmtree(self.home.root, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "PILLING_HOME": str(self.home.root),
            "DJANGO_SECRET_KEY": self.home.secret("django"),
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.cache.url,
            "CELERY_BROKER_URL": self.broker.url,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "INSECURE_HTTP": "1",
            "DEBUG": "0",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            "PROMETHEUS_MULTIPROC_DIR": str(self.home.run / "prometheus"),
            "LOG_FILE": str(self.home.logs / "pilling.log"),
            "DATA_GO_KR_BASE_URL": self.standins.url("datagokr"),
            "DATA_GO_KR_SERVICE_KEY": DATA_KEY,
            "MEDICINE_PICTURES_BASE_URL": self.standins.url("mfds_pictures"),
            "KAKAO_LOCAL_BASE_URL": self.standins.url("kakao_local"),
            "OPENAI_BASE_URL": self.standins.url("openai"),
            "OPENAI_API_KEY": "sandbox-key",
            "KAKAO_AUTH_BASE_URL": self.standins.url("kakao"),
            "KAKAO_API_BASE_URL": self.standins.url("kakao"),
            "KAKAO_REST_API_KEY": kakao.REST_API_KEY,
            "EXPO_BASE_URL": self.standins.url("expo"),
            **kakao.SECRETS,
            **{f"THROTTLE_{name.upper()}": _HIGH for name in settings.THROTTLE_RATES},
        }

    def _fill(self) -> None:
        """All commands in one process, since starting one takes longer than running it."""
        if self.filled:
            return
        call = "from django.core.management import call_command as call"
        loads = (f"call('load_catalogue', '{self._catalogue()}')", f"call('load_pharmacies', '{SAMPLE_PHARMACIES}')")
        made = ("call('migrate', verbosity=0)", "call('collectstatic', interactive=False, verbosity=0)")
        self.manage("shell", "-c", "; ".join((call, *made, *loads)))
        prepared.keep(self.home, stopped=self.children["postgres"].stop)
        if not self.children["postgres"].alive():
            self.children["postgres"] = self.postgres.start()

    def _catalogue(self) -> Path:
        """The sample without the products held back."""
        folder = self.home.root / "catalogue"
        folder.mkdir()
        for file in SAMPLE.glob("*.jsonl"):
            missing = HELD_BACK + (LABEL_HELD_BACK if file.name == "permit_detail.jsonl" else ())
            rows = [row for row in file.read_text().splitlines() if not any(name in row for name in missing)]
            (folder / file.name).write_text("\n".join(rows) + "\n")
        return folder

    def start_worker(self, **variables: str) -> Child:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", str(self.concurrency),
                   "--queues", "people,reminders,batch", "--without-mingle", "--without-gossip"]  # fmt: skip
        return spawn("worker", command, log=self.home.logs / "worker.log", env=self.env | variables, cwd=PROJECT)

    def _start_gunicorn(self) -> Child:
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
        child = spawn("gunicorn", command, log=self.home.logs / "gunicorn.log", env=self.env, cwd=PROJECT)
        wait_until(lambda: self._status("/readyz") == 200, child, seconds=120)
        return child

    def _status(self, path: str) -> int:
        try:
            return requests.get(self.address + path, timeout=10).status_code
        except requests.RequestException:
            return 0

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=self.env, cwd=PROJECT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, statement: str) -> None:
        with contextlib.closing(psycopg2.connect(self.postgres.url())) as connection, connection:
            connection.cursor().execute(statement)

    def send(self, task: str) -> None:
        """Send a task as beat would."""
        url = self.broker.url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
        with Celery(set_as_current=False) as app:
            # A `broker` argument gives way to the environment variable, which names the test run's own.
            app.conf.broker_write_url = url  # type: ignore[misc]
            app.send_task(task, queue="batch")

    # --- engines that go and come ---

    def kill(self, engine: str) -> None:
        """`postgres`, `cache` or `broker` is gone at once, as after a crash."""
        child = self.children[engine]
        # PostgreSQL's own quick death: SIGKILL of the master alone would leave its children to notice by themselves.
        child.process.send_signal(signal.SIGQUIT if engine == "postgres" else signal.SIGKILL)
        child.process.wait(60)

    def revive(self) -> None:
        """Start what is gone, and wait until the product says that all is there."""
        gone = [name for name in ("postgres", "cache", "broker") if not self.children[name].alive()]
        for engine in gone:
            self.children[engine] = getattr(self, engine).start()
        if not self.children["worker"].alive():
            self.children["worker"] = self.start_worker()
        if gone:
            # A process that saw a store fail takes it for down for a second more.
            time.sleep(1.2)
            wait_for(lambda: self._status("/readyz") == 200, why=self.output()[-3000:])

    def redis(self, engine: str) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(getattr(self, engine).socket), protocol=2)

    def forget(self) -> None:
        """Empty caches, memory included; close breakers; forget quotas spent."""
        with contextlib.closing(self.redis("cache")) as cache, contextlib.closing(self.redis("broker")) as broker:
            cache.flushall()
            self.forget_memory()
            patterns = ("breaker", "datagokr", "kakao-local", "lock")
            kept = [key for pattern in patterns for key in broker.keys(f"pilling:{pattern}:*")]
            if kept:
                broker.delete(*kept)
        # Time for each process to hear the message.
        time.sleep(0.2)

    def forget_memory(self) -> None:
        """Every process empties its memory tier, as after a message that was missed."""
        with contextlib.closing(self.redis("cache")) as cache:
            cache.publish(CHANNEL, json.dumps([]))

    def reset(self) -> None:
        self.standins.reset()
        self.revive()
        self.forget()

    def a_minute_passes(self, vendor: str) -> None:
        """For an open breaker, which waits a minute: its moment of opening is moved back."""
        with contextlib.closing(self.redis("broker")) as broker:
            broker.hset(f"pilling:breaker:{vendor}", "opened_at", str(time.time() - 61))

    # --- asking ---

    def get(self, path: str, *, headers: dict[str, str] | None = None, **params: object) -> requests.Response:
        """Over a new connection, so that either worker process may answer."""
        return requests.get(self.address + path, params=params, headers=headers, timeout=60)  # type: ignore[arg-type]

    def search(self, q: str, **params: Any) -> requests.Response:
        return self.get("/api/v1/medicines", q=q, **params)

    def raw(
        self, target: bytes, *, method: bytes = b"GET", headers: bytes = b"", body: bytes = b"", ends: bool = False
    ) -> Answer:
        """Exactly these bytes, since a library would mend what is wrong in them. `ends`: nothing follows, ever."""
        host = b"" if b"Host:" in headers else f"Host: 127.0.0.1:{self.port}\r\n".encode()
        request = b"%s %s HTTP/1.1\r\n%sConnection: close\r\n%s\r\n%s" % (method, target, host, headers, body)
        return self.raw_bytes(request, method.decode("latin-1"), ends=ends)

    def raw_bytes(self, request: bytes, method: str = "GET", *, ends: bool = False) -> Answer:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
            # The server may answer and close before it has read all of a request that is too long.
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
                if ends:
                    connection.shutdown(socket.SHUT_WR)
            response = http.client.HTTPResponse(connection, method=method)
            response.begin()
            return Answer(response)

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all series of this sample name with these labels, over all processes; 0 when there is none."""
        families = text_string_to_metric_families(self.get("/metrics").text)
        samples = (sample for family in families for sample in family.samples if sample.name == name)
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def output(self) -> str:
        """Everything that gunicorn and the worker wrote: their output and the log file."""
        names = ("gunicorn.log", "worker.log", "pilling.log")
        return "\n".join((self.home.logs / n).read_text() for n in names if (self.home.logs / n).exists())
