"""`count_edge_hits`: repetitions are counted once, and whatever waits is counted and sent before it ends."""

import socket
import sys

import pytest

from core import stores
from medicines.management.commands import count_edge_hits
from sandbox.home import PROJECT
from sandbox.process import spawn, wait_until

_SEQ = "195700020"


@pytest.fixture
def counter(tmp_path):
    """(the running command, where it listens)"""
    stores.cache.client.flushdb()
    receiver = tmp_path / "edge.sock"
    command = [sys.executable, "manage.py", "count_edge_hits", "--socket", str(receiver)]
    child = spawn("counter", command, log=tmp_path / "counter.log", cwd=PROJECT)
    try:
        wait_until(receiver.exists, child, seconds=60)
        yield child, receiver
    finally:
        child.stop()
        stores.cache.client.flushdb()


def tell(receiver, addresses, *, at):
    say(receiver, [f"<190>Nov 26 22:00:{at:02} edge: {address} {_SEQ}".encode() for address in addresses])


def say(receiver, datagrams):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nginx:
        nginx.connect(str(receiver))
        for datagram in datagrams:
            nginx.send(datagram)


def searchers():
    keys = stores.cache.client.keys(f"pilling:{{searched}}:*:{_SEQ}")
    return sum(stores.cache.client.pfcount(key) for key in keys)


def test_what_waits_is_counted_before_it_ends(counter):
    child, receiver = counter
    addresses = [f"192.0.2.{number}" for number in range(100)]
    for second in range(3):
        tell(receiver, addresses, at=second)
    child.process.terminate()
    assert child.process.wait(20) == 0
    # A HyperLogLog takes one address for another now and then.
    assert 97 <= searchers() <= 103
    # Taken away by the same `finally` that sends the rest.
    assert not receiver.exists()


def test_each_caller_is_noted_once_whatever_the_second(tmp_path, monkeypatch):
    noted = []
    monkeypatch.setattr(count_edge_hits.popularity, "note", lambda seq, address: noted.append((seq, address)))
    monkeypatch.setattr(count_edge_hits.select, "select", lambda *_: sys.exit())
    path = tmp_path / "edge.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        tell(path, ["192.0.2.1", "192.0.2.2"], at=1)
        tell(path, ["192.0.2.1", "nonsense"], at=2)
        say(path, [b"<190>", b""])
        with pytest.raises(SystemExit):
            count_edge_hits._count_all(receiver)
    assert noted == [(_SEQ, "192.0.2.1"), (_SEQ, "192.0.2.2")]


def test_who_asks_again_is_told_again_after_a_minute(monkeypatch):
    seen = count_edge_hits.Seen()
    assert [seen.is_new(line) for line in (b"a 1", b"a 1", b"b 1", b"a 2")] == [True, False, True, True]
    seen.forget_in_time()
    assert not seen.is_new(b"a 1")
    monkeypatch.setattr(count_edge_hits, "_REMEMBERED_SECONDS", -1.0)
    seen.forget_in_time()
    assert seen.is_new(b"a 1")


def test_it_remembers_no_more_than_so_many(monkeypatch):
    monkeypatch.setattr(count_edge_hits, "_REMEMBERED", 2)
    seen = count_edge_hits.Seen()
    for line in (b"a 1", b"b 1", b"c 1"):
        seen.is_new(line)
    seen.forget_in_time()
    assert seen.is_new(b"a 1")
