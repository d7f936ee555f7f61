"""gunicorn's worker as the product has it: a client that does not hang up holds up nobody."""

import socket

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.web_server import ProblemWorker


@pytest.mark.parametrize("kept", [True, False])
def test_the_thread_that_answered_hangs_up(monkeypatch, kept):
    """gunicorn's own main thread would wait for the client's end, and accept nobody meanwhile."""
    monkeypatch.setattr(ThreadWorker, "handle", lambda self, conn: kept)
    ours, clients = socket.socketpair()
    with ours, clients:
        clients.shutdown(socket.SHUT_WR)
        conn = TConn(Config(), ours, ("192.0.2.1", 1), ("127.0.0.1", 8000))
        assert object.__new__(ProblemWorker).handle(conn) is kept
        assert (ours.fileno() == -1) is not kept
        # As the main thread does, which would take an error for one connection less.
        conn.close(graceful=True)
