"""A restart of gunicorn's workers in the middle of traffic: nobody gets an error, and new processes serve."""

import http.client
import signal

import psutil
import pytest

from config.tests.callers import Caller, asking
from config.tests.running import Product, wait_for
from config.web_server import cores


@pytest.fixture(autouse=True)
def _well(product: Product):
    product.reset()


def workers(product: Product) -> set[int]:
    return {child.pid for child in psutil.Process(product.children["gunicorn"].process.pid).children()}


def test_a_restart_under_load_drops_no_request(product: Product):
    kinds = [(keeps, writes) for keeps in (True, False) for writes in (True, False)] * 2
    callers = [
        Caller(lambda: http.client.HTTPConnection("127.0.0.1", product.port, timeout=60),
               path="/api/v1/medicines?q=%ED%83%80%EC%9D%B4", keeps=keeps, writes=writes)
        for keeps, writes in kinds
    ]  # fmt: skip
    with asking(callers) as asked:
        for _ in range(3):
            before, so_far = workers(product), asked()
            product.children["gunicorn"].process.send_signal(signal.SIGHUP)
            wait_for(lambda old=before: len(workers(product)) == 2 and not old & workers(product))
            wait_for(lambda least=so_far: asked() > least + 50)
    assert [caller.wrong for caller in callers if caller.wrong] == []


@pytest.mark.parametrize(
    ("limit", "allowed"), [("max 100000", None), ("50000 100000", 1), ("100000 100000", 1), ("", None)]
)
def test_as_many_workers_as_the_container_has_cores(tmp_path, limit, allowed):
    file = tmp_path / "cpu.max"
    file.write_text(limit)
    assert cores(file) == (allowed or cores(tmp_path / "none"))
