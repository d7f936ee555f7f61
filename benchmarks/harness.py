"""A site to measure: the product as in production, on embedded servers in a temporary folder, on loopback.

`with Site(quick=quick) as site: site.load(); web = site.start_web()`. Everything it started ends with the block.
`python -m benchmarks` loads the catalogue once and lends its servers (`PILLING_BENCH_HOME`): each benchmark then has a
copy of the loaded database, emptied caches and stand-ins without faults, instead of minutes of loading.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psutil
import psycopg2
import redis
import requests
from psycopg2.extensions import connection as Connection

from benchmarks import results
from benchmarks.results import Result
from sandbox import standin_process
from sandbox.environment import claim, publish, start_environment
from sandbox.home import PROJECT, Home
from sandbox.ports import free_port
from sandbox.process import Child, spawn, wait_until
from sandbox.supervisor import Service, Supervisor

SAMPLE = PROJECT / "sandbox" / "sample"
FULL = PROJECT.parent / "shared" / "data"
# Nothing of the operator's may be measured by accident: no server, no vendor, no key.
_NEVER_INHERITED = (
    "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SECRET_KEY", "DJANGO_SETTINGS_MODULE", "PILLING_HOME",
    "DATA_GO_KR_SERVICE_KEY", "DATA_GO_KR_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "LOG_FILE", "PORT",
    "KAKAO_REST_API_KEY", "KAKAO_LOCAL_BASE_URL",
    "PROMETHEUS_MULTIPROC_DIR", "GUNICORN_BIND", "WEB_CONCURRENCY", "WEB_THREADS", "DEBUG", "HTTP_PROXY", "HTTPS_PROXY",
    "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy",
)  # fmt: skip
# Raised, not removed: each request still counts in every bucket. Those of new texts and of the sources stay.
RAISED_LIMITS = {f"THROTTLE_{name}": "1000000000/minute" for name in ("USER", "INSTALL", "ADDRESS", "SUGGEST")}
# As given in sandbox/standins/README.md: every benchmark starts from these.
STANDIN_SETTINGS: dict[str, object] = {
    "easydrug_seconds": 0, "permit_list_seconds": 0, "ingredients_seconds": 0, "permit_detail_seconds": 4,
    "completion_seconds": 0.3, "cached_share": 0, "daily_quota": 1_000_000,
}  # fmt: skip
_SOURCES = (
    "/1471000/DrbEasyDrugInfoService/getDrbEasyDrugList",
    "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07",
    "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnDtlInq06",
)
LENT_HOME = "PILLING_BENCH_HOME"
_MIGRATE = "from django.core.management import call_command as call; call('migrate', verbosity=0)"
LOADED = "pilling"
_LENT = (
    "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SECRET_KEY", "DATA_GO_KR_SERVICE_KEY",
    "DATA_GO_KR_BASE_URL", "KAKAO_REST_API_KEY", "KAKAO_LOCAL_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL",
)  # fmt: skip
_PRODUCTION = {"DEBUG": "0", "INSECURE_HTTP": "1", "ALLOWED_HOSTS": "127.0.0.1", "TRUSTED_PROXIES": "127.0.0.1/32"}


@dataclass(frozen=True, slots=True)
class Web:
    """A running gunicorn. `own_ports`: one for each process, which nginx is led to."""

    child: Child
    port: int
    own_ports: list[int]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def master(self) -> psutil.Process:
        return psutil.Process(self.child.process.pid)

    @property
    def workers(self) -> list[psutil.Process]:
        return self.master.children()


class Site:
    """Embedded servers, stand-ins and the product's processes in a fresh temporary home."""

    def __init__(self, *, quick: bool, borrow: bool = True) -> None:
        self.quick = quick
        self.data = FULL if FULL.is_dir() and not quick else SAMPLE
        lent = os.environ.get(LENT_HOME) if borrow else None
        self._lender = Home(Path(lent)) if lent else None
        self.home = Home(Path(tempfile.mkdtemp(prefix="pilling-bench-")).resolve())
        self.supervisor = Supervisor(print)
        self.env: dict[str, str] = {}

    def __enter__(self) -> Self:
        for name in _NEVER_INHERITED:
            os.environ.pop(name, None)
        os.environ["SANDBOX_DATA"] = str(self.data)
        try:
            self.home.make()
            (self.home.root / "static").mkdir()
            given = self._borrow(self._lender) if self._lender else self._start()
            self.env = dict(os.environ) | _PRODUCTION | RAISED_LIMITS | given | {"PILLING_HOME": str(self.home.root)}
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, RuntimeError | subprocess.CalledProcessError):
            self._show_logs()
        self.stop()

    def _start(self) -> dict[str, str]:
        claim(self.home)
        return start_environment(self.supervisor, self.home, durable=not self.quick)

    def _borrow(self, lender: Home) -> dict[str, str]:
        given = lender.read_state() or {}
        copy = f"copy_{os.getpid()}"
        with contextlib.closing(psycopg2.connect(_database(given["DATABASE_URL"], "postgres"))) as connection:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {copy} TEMPLATE {LOADED}")
        for url in (given["REDIS_URL"], given["CELERY_BROKER_URL"]):
            with redis.Redis.from_url(url) as client:
                client.flushall()
        return given | {"DATABASE_URL": _database(given["DATABASE_URL"], copy)}

    def lend(self) -> dict[str, str]:
        """Variables by which the benchmarks of child processes find these servers, loaded."""
        publish(self.home, {name: self.env[name] for name in _LENT})
        return {LENT_HOME: str(self.home.root)}

    def stop(self) -> None:
        self.supervisor.stop()
        shutil.rmtree(self.home.root, ignore_errors=True)

    def _show_logs(self) -> None:
        for log in ("gunicorn", "worker"):
            path = self.home.logs / f"{log}.log"
            if path.exists():
                print(f"--- {log}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-30:]), file=sys.stderr)

    # --- the product's commands ---

    def manage(self, *arguments: str) -> None:
        """Run a command of the product; raises CalledProcessError, after printing what it said."""
        done = subprocess.run(self.command(*arguments), env=self.env, cwd=PROJECT, capture_output=True, text=True)
        if done.returncode:
            print(done.stdout[-2_000:], done.stderr[-4_000:], file=sys.stderr)
            done.check_returncode()

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "manage.py", *arguments]

    def load(self) -> str:
        """Make the tables and load the catalogue unless they are there; returns what it is, for the record."""
        self.migrate(f"call('load_catalogue', {str(self.data)!r})")
        return self.get_ready()

    def migrate(self, then: str = "") -> None:
        """Unless the tables are there; `then` follows in the same process, since starting Django takes a while."""
        if not self._lender:
            self.manage("shell", "--no-imports", "-c", f"{_MIGRATE}; {then}")

    def get_ready(self) -> str:
        """Once the catalogue is loaded: statistics for the planner, stand-ins awake, without faults, at count zero."""
        self.query("ANALYZE")
        for setting in ("faults", "calls"):
            self.standin("DELETE", f"/{setting}")
        self.standin("POST", "/settings", STANDIN_SETTINGS | {"permit_detail_seconds": 0})
        self._wake_standins()
        self.standin("POST", "/settings", STANDIN_SETTINGS)
        return self.describe()

    def _wake_standins(self) -> None:
        """No benchmark shall wait for the stand-in to read its records, which it does at the first request."""
        params = {"serviceKey": self.env["DATA_GO_KR_SERVICE_KEY"], "type": "json", "numOfRows": "1"}
        for path in _SOURCES:
            requests.get(self.env["DATA_GO_KR_BASE_URL"] + path, params=params, timeout=60).raise_for_status()
        self.standin("DELETE", "/calls")

    def describe(self) -> str:
        count = self.query("SELECT count(*) FROM medicine")[0][0]
        kind = "the full data" if self.data == FULL else "our own sample" if self.data == SAMPLE else "generated data"
        return f"{kind}, {count:,} products"

    # --- the product's processes ---

    def start_web(self, *, workers: int = 2, application: str = "config.wsgi", **variables: str) -> Web:
        """Start gunicorn with the product's own configuration and wait until it is ready."""
        port, own_ports = free_port(), [free_port() for _ in range(workers)]
        prometheus = self.home.run / f"prometheus-{port}"
        prometheus.mkdir()
        env = self.env | {
            "PORT": str(port),
            "WEB_CONCURRENCY": str(workers),
            "WEB_PORTS": " ".join(map(str, own_ports)),
        }
        env |= {"PROMETHEUS_MULTIPROC_DIR": str(prometheus)} | variables
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application]
        log = self.home.logs / "gunicorn.log"
        child = spawn("gunicorn", command, log=log, env=env, cwd=PROJECT)
        self.supervisor.start(Service("gunicorn", lambda: child))
        wait_until(lambda: _ready(port), child, seconds=60)
        return Web(child, port, own_ports)

    def start_worker(self, *, concurrency: int = 2) -> Child:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", str(concurrency)]
        command += ["--queues", "people,reminders,batch"]
        child = spawn("worker", command, log=self.home.logs / "worker.log", env=self.env, cwd=PROJECT)
        self.supervisor.start(Service("worker", lambda: child))
        return child

    # --- its stores ---

    def connect(self) -> Connection:
        return psycopg2.connect(self.env["DATABASE_URL"])

    def query(self, sql: str, arguments: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement past the product and return its rows."""
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, tuple(arguments))
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def flush_cache(self) -> None:
        """Empty Redis' cache tier; memory tiers of running processes live on for up to 30 s."""
        with redis.Redis.from_url(self.env["REDIS_URL"]) as client:
            client.flushdb()

    def queued(self) -> int:
        """Tasks that wait for a worker or are in its hands."""
        with redis.Redis.from_url(self.env["CELERY_BROKER_URL"]) as client:
            waiting = sum(int(str(client.llen(queue))) for queue in ("people", "reminders", "batch"))
            return waiting + int(str(client.hlen("unacked")))

    def drain(self, *, seconds: float) -> bool:
        """Wait until no task is left, at most so long; False when some are."""
        ends = time.monotonic() + seconds
        while self.queued() and time.monotonic() < ends:
            time.sleep(0.2)
        return not self.queued()

    # --- the stand-ins' switch ---

    def standin(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        address = standin_process.urls(self._lender or self.home)["control"]
        answer = requests.request(method, address + path, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def calls(self) -> dict[str, dict[str, int]]:
        """Vendor → operation → requests that the stand-ins saw."""
        seen: dict[str, dict[str, int]] = self.standin("GET", "/calls")
        return seen


def _database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok
    except requests.RequestException:
        return False


def _terminate(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signal_number)


def main(run: Callable[..., Result]) -> None:
    """A benchmark as a program: `[--quick]`; prints its result and keeps the record."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few rows and requests: does it work at all?")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminate)
    stamp, started = results.stamp(), time.monotonic()
    result = run(quick=options.quick)
    result.quick, result.stamp, result.seconds = options.quick, stamp, round(time.monotonic() - started, 1)
    print(result.printed())
    print(f"({result.seconds} s; kept in {results.save(result).name})")
