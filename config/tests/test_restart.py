"""A restart of gunicorn's workers in the middle of traffic: nobody gets an error, and new processes serve."""

import http.client
import signal
import threading

import psutil
import pytest

from config.tests.running import Product, wait_for
from config.web_server import cores


@pytest.fixture(autouse=True)
def _well(product: Product):
    product.reset()


class Caller(threading.Thread):
    """Asks on one kept connection, or on a new one each time, until told to stop. `wrong`: no answers of 2xx."""

    def __init__(self, port: int, *, keeps: bool, writes: bool = False) -> None:
        super().__init__()
        self.port, self.keeps, self.writes = port, keeps, writes
        self.asked, self.stopped = 0, threading.Event()
        self.wrong: list[str] = []

    def run(self) -> None:
        connection = None
        while not self.stopped.is_set():
            connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                closes = self._ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(repr(error))
                closes = True
            self.asked += 1
            if closes or not self.keeps:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        method, path = (
            ("POST", "/api/v1/installs") if self.writes else ("GET", "/api/v1/medicines?q=%ED%83%80%EC%9D%B4")
        )
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            self.wrong.append(str(answer.status))
        return answer.headers.get("Connection") == "close"


def workers(product: Product) -> set[int]:
    return {child.pid for child in psutil.Process(product.children["gunicorn"].process.pid).children()}


def test_a_restart_under_load_drops_no_request(product: Product):
    kinds = [(keeps, writes) for keeps in (True, False) for writes in (True, False)] * 2
    callers = [Caller(product.port, keeps=keeps, writes=writes) for keeps, writes in kinds]
    for caller in callers:
        caller.start()
    try:
        for _ in range(3):
            before, asked = workers(product), sum(caller.asked for caller in callers)
            product.children["gunicorn"].process.send_signal(signal.SIGHUP)
            wait_for(lambda old=before: len(workers(product)) == 2 and not old & workers(product), seconds=40)
            wait_for(lambda least=asked: sum(caller.asked for caller in callers) > least + 50)
    finally:
        for caller in callers:
            caller.stopped.set()
        for caller in callers:
            caller.join()
    assert [caller.wrong for caller in callers if caller.wrong] == []


@pytest.mark.parametrize(
    ("limit", "allowed"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("", None)]
)
def test_as_many_workers_as_the_container_has_cores(tmp_path, limit, allowed):
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert cores(file) == (allowed or cores(tmp_path / "none"))
