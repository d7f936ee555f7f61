"""The faults: each does its harm, mends it, and tells what became of what was accepted. See `FAULTS` at the end."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import requests

from chaos.site import Site
from config.tests.running import LABEL_HELD_BACK, free_port, wait_for
from sandbox.home import PROJECT
from sandbox.process import spawn, wait_until

_FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
_VENDOR_KINDS: tuple[tuple[str, dict[str, object]], ...] = (
    ("refused", {}), ("latency", {"seconds": 10}), ("status", {"code": 500}), ("garbage", {}),
    ("truncated", {}), ("reset", {}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """`harm` returns a sentence on what was lost or kept. `most`: percent of requests that may fail meanwhile."""

    name: str
    harm: Callable[[Site], str]
    most: float


def web_worker(site: Site) -> str:
    before = {process.pid for process in site.web_workers()}
    site.web_workers()[0].kill()
    wait_for(lambda: len({p.pid for p in site.web_workers()} - before) == 1, seconds=30)
    return "its requests on kept connections were asked again by nginx"


def _label(site: Site, seq: str) -> str:
    return str(site.direct(f"/api/v1/medicines/{seq}").json()["label_status"])


def _begin_label(site: Site, seq: str) -> None:
    """A task that lasts: the source answers after some seconds."""
    site.product.standins.set_fault("datagokr", "latency", seconds=4)
    assert _label(site, seq) == "pending"
    wait_for(lambda: site.product.standins.calls("datagokr")["getDrugPrdtPrmsnDtlInq06"] > 0)


def _end_label(site: Site, seq: str) -> float:
    began = time.monotonic()
    wait_for(lambda: _label(site, seq) == "ready", seconds=60, why="the label never came")
    return time.monotonic() - began


def celery_process(site: Site) -> str:
    site.product.standins.reset()
    _begin_label(site, LABEL_HELD_BACK[0])
    pool = [p for p in site.processes_of("worker") if p.ppid() == site.product.children["worker"].process.pid]
    for process in pool:
        process.kill()
    site.product.standins.clear_faults()
    return f"its task ran again and was done {_end_label(site, LABEL_HELD_BACK[0]):.1f} s later"


def celery_worker(site: Site) -> str:
    site.product.standins.reset()
    _begin_label(site, LABEL_HELD_BACK[1])
    site.kill_worker()
    site.product.standins.clear_faults()
    site.product.revive()
    # The sweep's ten minutes pass at once, and with them the minute of the dead task's lease.
    with site.product.redis("broker") as client:
        client.delete(f"pilling:lock:label:{LABEL_HELD_BACK[1]}")
    site.product.sql("UPDATE medicine SET label_tried_at = label_tried_at - interval '11 minutes'")
    site.product.send("medicines.tasks.sweep_labels")
    _end_label(site, LABEL_HELD_BACK[1])
    return "the sweep found its task (whose ten minutes were moved ahead for the trial), and it was done"


def beat(site: Site) -> str:
    site.beats[-1].process.send_signal(signal.SIGKILL)
    began, rounds = time.monotonic(), site.reminder_rounds()
    site.start_beat()
    wait_for(lambda: site.reminder_rounds() > rounds, seconds=90)
    return f"the next reminder round was sent {time.monotonic() - began:.0f} s later, when the lease had run out"


def cache(site: Site) -> str:
    site.product.kill("cache")
    site.quiet(8)
    site.product.revive()
    return "nothing: the cache holds copies"


def broker(site: Site) -> str:
    site.kill_worker()
    for _ in range(20):
        site.product.send("ops.tasks.purge_idempotency_keys")
    before = _waiting(site)
    # The append-only file reaches the disk each second.
    site.quiet(1.5)
    site.product.kill("broker")
    site.quiet(6)
    site.product.children["broker"] = site.product.broker.start()
    after = _waiting(site)
    site.product.revive()
    wait_for(lambda: _waiting(site) == 0, seconds=60, why="tasks stay")
    return f"{after} of {before} accepted tasks were there when it came back, and were done"


def _waiting(site: Site) -> int:
    with site.product.redis("broker") as client:
        return int(client.llen("batch"))


def database(site: Site) -> str:
    site.product.kill("postgres")
    site.quiet(5)
    site.product.revive()
    return "nothing: see the writes"


def connections(site: Site) -> str:
    held: list[Any] = []
    try:
        while len(held) < 200:
            held.append(psycopg2.connect(site.product.postgres.url(), connect_timeout=3))
    except psycopg2.OperationalError:
        site.quiet(8)
    for connection in held:
        connection.close()
    return f"{len(held)} connections were taken by a stranger; the product kept those it had"


def deployment(site: Site) -> str:
    before = {process.pid for process in site.web_workers()}
    site.product.children["gunicorn"].process.send_signal(signal.SIGHUP)
    subprocess.run(site.edge.command("-s", "reload"), check=True, capture_output=True)
    wait_for(lambda: len(site.web_workers()) == 2 and not before & {p.pid for p in site.web_workers()}, seconds=40)
    return "all web processes were replaced, and nginx read its file again"


def poison(site: Site) -> str:
    with site.product.redis("cache") as client:
        keys = [key for key in client.keys("pilling:*") if client.type(key) == b"string" and b"limit:" not in key]
        for number, key in enumerate(keys):
            client.set(key, (b"\xff\xfe garbage", b"", b"{}", b"null")[number % 4], keepttl=True)
    site.product.forget_memory()
    site.quiet(5)
    site.product.forget()
    return f"{len(keys)} entries held garbage; what cannot be read was taken for a miss"


def idle(site: Site) -> str:
    program = (
        "import resource, socket, sys, time\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (12_000, 12_000))\n"
        "held = [socket.create_connection(('127.0.0.1', int(sys.argv[1])),"
        " source_address=(f'127.0.{4 + n // 2500}.1', 0)) for n in range(10_000)]\n"
        "print(len(held), flush=True)\n"
        "time.sleep(8)\n"
    )
    command = [sys.executable, "-c", program, str(site.edge.tls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.stdout.strip() == "10000", done.stderr[-500:]
    return "10,000 connections were held open without a word for eight seconds"


def vendors(site: Site) -> str:
    told = []
    for number, (kind, options) in enumerate(_VENDOR_KINDS):
        for vendor in ("datagokr", "openai", "kakao_local"):
            site.product.standins.set_fault(vendor, kind, **options)
        with ThreadPoolExecutor(4) as strangers:
            paths = [f"/api/v1/medicines?q=모르는이름{chr(0xAC00 + 28 * (10 * number + n))}" for n in range(4)]
            statuses = sorted({answer.status_code for answer in strangers.map(site.direct, paths)})
        told.append(f"{kind} {statuses}")
        site.product.standins.clear_faults()
        for vendor in ("datagokr", "openai", "kakao_local"):
            site.product.a_minute_passes(vendor)
    return "what only the source knows was answered: " + "; ".join(told)


def full_disk(site: Site) -> str:
    answered = _second_web(site, {"LOG_FILE": "/dev/full"}, lambda: None)
    return f"a web whose log file is on a full disk answered {answered} of 200"


def clock(site: Site) -> str:
    if _FAKETIME is None:
        return "not tried: the package faketime is missing"
    now = site.folder / "now"
    now.write_text("+0\n")
    variables = {"LD_PRELOAD": str(_FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(now), "FAKETIME_NO_CACHE": "1",
                 "NO_FAKE_STAT": "1",
                 "FAKETIME_DONT_FAKE_MONOTONIC": "1"}  # fmt: skip
    answered = _second_web(site, variables, lambda: now.write_text("+1h\n"))
    return f"a web whose clock jumped an hour ahead answered {answered} of 200"


def _answered(site: Site, name: str) -> int:
    """Of a hundred searches, how many were answered well."""
    count = 0
    for _ in range(100):
        with contextlib.suppress(requests.RequestException):
            count += site.direct(f"/api/v1/medicines?q={name}").status_code == 200
    return count


def _second_web(site: Site, variables: dict[str, str], midway: Callable[[], object]) -> int:
    """Of 200 requests to another gunicorn with these variables, how many were answered well."""
    port, folder = free_port(), site.folder / f"prometheus-{len(variables)}-{os.getpid()}"
    env = (
        site.product.env
        | {"PORT": str(port), "WEB_CONCURRENCY": "1", "PROMETHEUS_MULTIPROC_DIR": str(folder)}
        | variables
    )
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
    child = spawn("second", command, log=site.folder / "second.log", env=env, cwd=PROJECT)
    own, site.product.address = site.product.address, f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: site.product._status("/readyz") == 200, child, seconds=60)
        first = _answered(site, "타이레놀")
        midway()
        return first + _answered(site, "부루펜")
    finally:
        site.product.address = own
        child.stop()


# Where the source is slow or down, a name that only it may know is answered with 503 `source-down`, as it should be.
_SOURCE_DOWN = 2.0

FAULTS = (
    Fault("a web process is killed (SIGKILL)", web_worker, 1.0),
    Fault("a Celery process is killed in mid-task", celery_process, _SOURCE_DOWN),
    Fault("the whole Celery worker is killed in mid-task", celery_worker, _SOURCE_DOWN),
    Fault("beat is killed", beat, 0.0),
    Fault("the cache's Valkey is gone for 8 s", cache, 0.0),
    Fault("the broker's Valkey is gone for 6 s", broker, 0.0),
    Fault("PostgreSQL is gone for 5 s", database, 25.0),
    Fault("PostgreSQL has no connection left for 8 s", connections, 10.0),
    Fault("a deployment: new web processes, nginx reloaded", deployment, 0.0),
    Fault("every entry of the cache holds garbage", poison, 0.0),
    Fault("10,000 idle connections", idle, 0.0),
    Fault("the source, the model and Kakao: refused, slow, 500, garbage, cut off, reset", vendors, _SOURCE_DOWN),
    Fault("the disk of the logs is full", full_disk, 0.0),
    Fault("the clock jumps an hour ahead", clock, 0.0),
)
