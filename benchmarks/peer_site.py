"""The peer's processes on a site's own PostgreSQL and Redis."""

import contextlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import redis
import requests

from benchmarks.harness import Site
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import Child, spawn, wait_until

_RAISED = "1000000000"


@dataclass(frozen=True, slots=True)
class Peer:
    """One uvicorn a port: behind nginx's list of servers the work is split evenly, as it is not on one socket."""

    children: list[Child]
    ports: list[int]

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(child.process.pid) for child in self.children]


@contextlib.contextmanager
def running_peer(site: Site, *, workers: int = 2, database: int = 1) -> Iterator[Peer]:
    """`database`: the Redis database that is its cache, empty at first."""
    env = site.env | {"PEER_LIMIT": _RAISED, "REDIS_URL": in_database(site.env["REDIS_URL"], database)}
    with contextlib.ExitStack() as stack, redis.Redis.from_url(env["REDIS_URL"]) as client:
        client.flushdb()
        ports = [free_port() for _ in range(workers)]
        children = [start_uvicorn(env, port, site.home.logs / f"peer-{port}.log") for port in ports]
        for child in children:
            stack.callback(child.stop)
        for child, port in zip(children, ports, strict=True):
            wait_until(partial(is_up, port), child, seconds=30)
        yield Peer(children, ports)


def in_database(url: str, number: int) -> str:
    return f"{url.partition('?')[0]}?db={number}"


def start_uvicorn(env: Mapping[str, str], port: int, log: Path) -> Child:
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peer.app:app", "--port", str(port), "--no-access-log"]
    command += ["--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-server-header"]
    return spawn("peer", command, log=log, env=env, cwd=PROJECT)


def is_up(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/livez", timeout=2).ok
    except requests.RequestException:
        return False
