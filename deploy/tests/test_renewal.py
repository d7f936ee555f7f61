"""gunicorn's processes are renewed under load, each at its own address behind nginx: nobody gets an error."""

import functools
import itertools
import signal

import psutil
import pytest

from config.tests.callers import Caller, asking
from config.tests.running import wait_for
from deploy.tests.edge import HOST, needs_nginx

pytestmark = [needs_nginx, pytest.mark.slow]


def processes(product):
    return {child.pid for child in psutil.Process(product.children["gunicorn"].process.pid).children()}


def caller(edge, number, *, keeps, writes):
    """Each from an address of its own, or nginx's limit would be met."""
    connect = functools.partial(edge.connect, source=f"127.0.8.{number}")
    return Caller(connect, path="/livez", host=HOST, keeps=keeps, writes=writes)


def test_nobody_notices_that_processes_are_renewed(product, edge):
    kinds = list(itertools.product((True, False), (True, False), range(2)))
    callers = [caller(edge, number, keeps=keeps, writes=writes) for number, (keeps, writes, _) in enumerate(kinds, 1)]
    with asking(callers) as asked:
        for _ in range(3):
            before, so_far = processes(product), asked()
            product.children["gunicorn"].process.send_signal(signal.SIGHUP)
            wait_for(lambda old=before: len(processes(product)) == 2 and not old & processes(product))
            wait_for(lambda least=so_far: asked() > least + 50)
    assert [each.wrong for each in callers if each.wrong] == []
