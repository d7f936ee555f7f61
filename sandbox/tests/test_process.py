"""Children end with us, and so do theirs."""

import os
import sys
import time

import psutil
import pytest

from sandbox.process import spawn

_STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), os.fork(), flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    """A zombie that nobody has asked after does not run."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_what_will_not_end_is_ended_with_its_own_children(tmp_path):
    child = spawn("stubborn", [sys.executable, "-u", "-c", _STUBBORN], log=tmp_path / "log")
    while len(child.log.read_text().split()) < 4:
        time.sleep(0.05)
    numbers = {int(number) for number in child.log.read_text().split()} - {0}
    assert len(numbers) == 2
    assert all(map(is_running, numbers))
    child.stop(patience=0.2)
    for _ in range(100):
        if not any(map(is_running, numbers)):
            return
        time.sleep(0.05)
    raise AssertionError("a child of the child is left")
