"""`count_edge_hits` is told to end with every deployment, and sends what it has counted before it does."""

import sys

from sandbox.home import PROJECT
from sandbox.process import spawn, wait_until


def test_it_ends_in_order_when_it_is_told_to(tmp_path):
    receiver = tmp_path / "edge.sock"
    command = [sys.executable, "manage.py", "count_edge_hits", "--socket", str(receiver)]
    child = spawn("counter", command, log=tmp_path / "counter.log", cwd=PROJECT)
    wait_until(receiver.exists, child, seconds=60)
    child.process.terminate()
    assert child.process.wait(20) == 0
    # Taken away by the same `finally` that sends the rest.
    assert not receiver.exists()
