"""gunicorn's processes as the product has them: work is shared, and a client that does not hang up holds up nobody."""

import contextlib
import http.client
import socket
import threading

import pytest

from config.tests.running import Product

_LIVEZ = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def _well(product: Product):
    product.reset()


def answers(product, *, times):
    """How many of so many answers on one connection ended it."""
    ended, line = 0, http.client.HTTPConnection("127.0.0.1", product.port, timeout=30)
    with contextlib.closing(line):
        for _ in range(times):
            line.request("GET", "/api/v1/medicines?q=%ED%83%80%EC%9D%B4")
            answer = line.getresponse()
            assert answer.status == 200, answer.read()
            answer.read()
            ended += answer.headers["Connection"] == "close"
    return ended


def test_a_busy_process_gives_its_connections_away_and_an_idle_one_keeps_them(product: Product):
    ended = []
    people = [threading.Thread(target=lambda: ended.append(answers(product, times=30))) for _ in range(16)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(ended) == 16
    assert sum(ended) > 0
    assert answers(product, times=20) == 0


def test_who_does_not_hang_up_holds_up_nobody(product: Product):
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            lazy = stack.enter_context(socket.create_connection(("127.0.0.1", product.port), timeout=30))
            lazy.sendall(_LIVEZ)
            assert lazy.recv(65_536).startswith(b"HTTP/1.1 200")
        # gunicorn by itself waits two seconds for each of them, one after the other, and accepts nothing meanwhile.
        line = stack.enter_context(socket.create_connection(("127.0.0.1", product.port), timeout=1.5))
        line.sendall(_LIVEZ)
        assert line.recv(65_536).startswith(b"HTTP/1.1 200")
