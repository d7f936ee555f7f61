"""gunicorn's worker as the product has it: a client that does not hang up holds up nobody."""

import contextlib
import os
import socket
import sys

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.web_server import ProblemWorker
from sandbox.home import PROJECT
from sandbox.ports import free_port
from sandbox.process import spawn, wait_until

_LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
# Of the process's eight threads.
_LAZY = 7


@pytest.fixture
def port(tmp_path):
    """Where a web of one process serves."""
    number = free_port()
    env = os.environ | {"PORT": str(number), "WEB_CONCURRENCY": "1", "WEB_THREADS": "8"}
    env |= {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
    child = spawn("gunicorn", command, log=tmp_path / "gunicorn.log", env=env, cwd=PROJECT)
    try:
        wait_until(lambda: serves(number), child, seconds=60)
        yield number
    finally:
        child.stop()


def serves(port):
    with contextlib.suppress(OSError), ask(port, seconds=5) as line:
        return line.recv(65_536).startswith(b"HTTP/1.1 200")
    return False


def ask(port, *, seconds):
    line = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    line.sendall(_LIVEZ)
    return line


def test_who_does_not_hang_up_holds_up_nobody(port):
    """gunicorn by itself waits two seconds for each of them, one after the other: fourteen."""
    with contextlib.ExitStack() as stack:
        for _ in range(_LAZY):
            stack.enter_context(ask(port, seconds=60))
        line = stack.enter_context(ask(port, seconds=10))
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("kept", [True, False])
def test_the_main_thread_has_nothing_left_to_close(monkeypatch, kept):
    monkeypatch.setattr(ThreadWorker, "handle", lambda self, conn: kept)
    ours, clients = socket.socketpair()
    with ours, clients:
        clients.shutdown(socket.SHUT_WR)
        conn = TConn(Config(), ours, ("192.0.2.1", 1), ("127.0.0.1", 8000))
        assert object.__new__(ProblemWorker).handle(conn) is kept
        assert (ours.fileno() == -1) is not kept
        # It would take an error for one connection less.
        conn.close(graceful=True)
