"""The machine: no room for logs, a clock that jumps, ten thousand connections."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import requests

from chaos.fault import NotPossible
from chaos.site import Site
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import spawn, wait_until

_FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
_IDLE = """
import resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (12_000, 12_000))
held = [socket.create_connection(('127.0.0.1', int(sys.argv[1])), source_address=(f'127.0.{4 + n // 2500}.1', 0))
        for n in range(10_000)]
print(len(held), flush=True)
time.sleep(8)
"""


def idle(site: Site) -> str:
    command = [sys.executable, "-c", _IDLE, str(site.edge.tls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert done.stdout.strip() == "10000", done.stderr[-500:]
    return "10,000 connections were held open without a word for eight seconds"


def full_disk(site: Site) -> str:
    answered = _second_web(site, {"LOG_FILE": "/dev/full"}, lambda: None)
    assert answered == 200, f"a web whose log file is on a full disk answered {answered} of 200"
    return "a second web whose log file is on a full disk answered 200 of 200"


def clock(site: Site) -> str:
    if _FAKETIME is None:
        raise NotPossible("the package faketime is missing")
    now = site.folder / "now"
    now.write_text("+0\n")
    # The steady clock jumps with it, which no real one does: without that libfaketime lets no Python sleep. gunicorn
    # would take it for a worker that has hung for an hour.
    variables = {"LD_PRELOAD": str(_FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(now), "FAKETIME_NO_CACHE": "1",
                 "NO_FAKE_STAT": "1", "GUNICORN_CMD_ARGS": "--timeout 0"}  # fmt: skip
    answered = _second_web(site, variables, lambda: now.write_text("+1h\n"))
    assert answered == 200, f"a web whose clock jumped an hour ahead answered {answered} of 200"
    return "a second web whose clock jumped an hour ahead answered 200 of 200"


def _second_web(site: Site, variables: dict[str, str], midway: Callable[[], object]) -> int:
    """Of 200 searches of another web with these variables, how many were answered well."""
    with second_web(site, variables) as address:
        first = _answered(site, address, "타이레놀")
        midway()
        return first + _answered(site, address, "부루펜")


def _answered(site: Site, address: str, name: str) -> int:
    count = 0
    for _ in range(100):
        with contextlib.suppress(requests.RequestException):
            count += site.direct(f"/api/v1/medicines?q={name}", address=address).status_code == 200
    return count


@contextlib.contextmanager
def second_web(site: Site, variables: dict[str, str]) -> Iterator[str]:
    """Another gunicorn of one process, beside the people's; its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    own = {"PORT": str(port), "WEB_PORTS": "", "WEB_CONCURRENCY": "1"}
    own |= {"PROMETHEUS_MULTIPROC_DIR": str(site.folder / f"metrics-{port}")}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
    env = site.product.env | own | variables
    child = spawn("second", command, log=site.folder / "second.log", env=env, cwd=PROJECT)
    try:
        wait_until(lambda: site.status("/readyz", address=address) == 200, child, seconds=60)
        yield address
    finally:
        child.stop()
