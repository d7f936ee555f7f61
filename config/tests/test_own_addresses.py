"""Each of gunicorn's processes listens at an address of its own, and at one that all share."""

import contextlib
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

    def owners(self):
        """Who answers at each of the two addresses, asked six times."""
        return [{self.answers(port) for _ in range(6)} for port in self.own]

    def answers(self, port):
        """The process that holds the kept connection after its answer; None: nobody answered."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=15) as line:
            line.sendall(_LIVEZ)
            assert line.recv(65_536).startswith(b"HTTP/1.1 200")
            return next((pid for pid in self.processes() if _holds(pid, line.getsockname())), None)
        return None

    def settled(self):
        first, second = self.owners()
        return len(first) == len(second) == 1 and first != second and first | second == self.processes()


def _holds(pid, client):
    with contextlib.suppress(psutil.NoSuchProcess):
        return any(each.raddr == client for each in psutil.Process(pid).net_connections("tcp"))
    return False


@pytest.fixture
def web(tmp_path):
    running = Web(tmp_path)
    try:
        wait_until(lambda: running.answers(running.shared), running.child, seconds=60)
        wait_for(running.settled)
        yield running
    finally:
        running.child.stop()


def test_all_answer_at_the_shared_address(web):
    assert web.answers(web.shared) in web.processes()


def test_who_takes_another_s_place_has_its_address(web):
    first, second = (owners.pop() for owners in web.owners())
    os.kill(first, signal.SIGKILL)
    wait_for(web.settled)
    assert web.owners()[1] == {second}


def test_all_are_renewed_and_have_one_each(web):
    before = web.processes()
    web.child.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not before & web.processes() and web.settled())


def test_who_stands_still_is_relieved(web):
    """So is one that ends: it takes nothing more while it still answers what it has begun."""
    first, second = (owners.pop() for owners in web.owners())
    os.kill(first, signal.SIGSTOP)
    try:
        assert web.answers(web.own[0]) == second
    finally:
        os.kill(first, signal.SIGCONT)
    wait_for(web.settled)


@pytest.mark.parametrize(("places", "given"), [([], 0), ([0], 1), ([0, 1], 0), ([1, 1, 0], 0), ([0, 0, 1], 1)])
def test_the_address_that_fewest_have(places, given):
    """More processes than addresses share them."""
    server = SimpleNamespace(WORKERS={pid: SimpleNamespace(place=place) for pid, place in enumerate(places)})
    worker = SimpleNamespace(sockets=["shared", "first", "second"])
    own_addresses.give(server, worker)
    assert worker.sockets == ["shared", ("first", "second")[given]]
    assert worker.others == [("second", "first")[given]]


def test_without_ports_all_share_the_one_address():
    assert own_addresses.addresses("127.0.0.1:8000", "") == ["127.0.0.1:8000"]
    worker = SimpleNamespace(sockets=["shared"])
    own_addresses.give(SimpleNamespace(WORKERS={}), worker)
    assert worker.sockets == ["shared"]
