"""Each of gunicorn's processes listens at an address of its own, and at one that all share."""

import contextlib
import itertools
import os
import signal
import socket
import sys
from types import SimpleNamespace

import psutil
import pytest

from config import own_addresses
from config.tests.running import wait_for
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import spawn, wait_until

_LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Web:
    def __init__(self, folder):
        self.shared, *self.own = free_port(), free_port(), free_port()
        env = os.environ | {"PORT": str(self.shared), "WEB_PORTS": " ".join(map(str, self.own)), "WEB_CONCURRENCY": "2"}
        env |= {"PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics")}
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
        self.child = spawn("gunicorn", command, log=folder / "gunicorn.log", env=env, cwd=PROJECT)

    def processes(self):
        return {child.pid for child in psutil.Process(self.child.process.pid).children()}

    def answers(self, port):
        """The process that holds the kept connection after its answer; None: nobody answered, or has hung up since."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=15) as line:
            line.sendall(_LIVEZ)
            if line.recv(65_536).startswith(b"HTTP/1.1 200"):
                return next((pid for pid in self.processes() if _holds(pid, line.getsockname())), None)
        return None

    def owners(self):
        """Who answers at each of the two addresses, three times in turn; None before there is one for each."""
        answered = [{self.answers(port) for _ in range(3)} for port in self.own]
        first, second = (next(iter(pids)) if len(pids) == 1 else None for pids in answered)
        return [first, second] if {first, second} == self.processes() else None

    def settled(self):
        wait_for(self.owners)
        return self.owners() or self.settled()


def _holds(pid, client):
    with contextlib.suppress(psutil.NoSuchProcess):
        return any(each.raddr == client for each in psutil.Process(pid).net_connections("tcp"))
    return False


@pytest.fixture
def web(tmp_path):
    running = Web(tmp_path)
    try:
        wait_until(lambda: running.answers(running.shared), running.child, seconds=60)
        yield running
    finally:
        running.child.stop()


def test_all_answer_at_the_shared_address(web):
    for still, other in itertools.permutations(web.settled()):
        with stopped(still):
            assert web.answers(web.shared) == other


def test_who_takes_another_s_place_has_its_address(web):
    first, second = web.settled()
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: first not in web.processes() and web.owners())
    assert web.settled()[1] == second


def test_all_are_renewed_and_have_one_each(web):
    before = set(web.settled())
    web.child.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not before & web.processes() and web.owners())


def test_who_stands_still_is_relieved_and_nobody_keeps_its_connections(web):
    first, _ = web.settled()
    with stopped(first), socket.create_connection(("127.0.0.1", web.own[0]), timeout=30) as line:
        line.sendall(_LIVEZ)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer.lower()
    assert web.settled()[0] == first


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("places", "processes", "given", "others"),
    [
        ([], 2, ["first"], ["second"]),
        ([0], 2, ["second"], ["first"]),
        ([0, 1], 2, ["first"], ["second"]),
        ([1, 1, 0], 3, ["first"], ["second"]),
        ([0, 0, 1], 3, ["second"], ["first"]),
        ([], 1, ["first", "second"], []),
    ],
)
def test_the_addresses_that_fewest_have(places, processes, given, others):
    """More processes than addresses share them; a process alone has them all."""
    workers = {pid: SimpleNamespace(place=place) for pid, place in enumerate(places)}
    worker = SimpleNamespace(sockets=["shared", "first", "second"])
    own_addresses.give(SimpleNamespace(WORKERS=workers, num_workers=processes), worker)
    assert worker.sockets == ["shared", *given]
    assert worker.others == others


def test_without_ports_all_share_the_one_address():
    assert own_addresses.addresses("127.0.0.1:8000", "") == ["127.0.0.1:8000"]
    worker = SimpleNamespace(sockets=["shared"])
    own_addresses.give(SimpleNamespace(WORKERS={}), worker)
    assert worker.sockets == ["shared"]
