"""`count_edge_hits`: what nginx answered out of its cache counts as searched for, as if the product had answered."""

import contextlib
import re
import select
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from core.throttling import household
from medicines.services import popularity

# `<190>Nov 26 22:00:00 edge: ADDRESS ITEM_SEQ`, a datagram each; neither the query nor anything else of the request.
_TIME_ENDS = len("<190>Nov 26 22:00:00")
_HIT = re.compile(rb": ([0-9a-f.:]{2,45}) ([0-9]{1,20})$")
# A caller counts once a day for a product, so who asks again need not be told again; after a minute they are, since the
# day may be another, or Redis may not have heard of them.
_REMEMBERED, _REMEMBERED_SECONDS = 100_000, 60.0
# To be woken by each datagram costs the machine more than the hit itself, so the counter rests as long as this many a
# second, more than nginx can answer, take to fill the queue: 10 ms with the compose file's sysctl.
_MOST_HITS_A_SECOND, _LONGEST_REST_SECONDS = 100_000, 0.01
_QUEUE = Path("/proc/sys/net/unix/max_dgram_qlen")
# A flood never ends by itself.
_AT_ONCE = 10_000


class Command(BaseCommand):
    help = "Count nginx's cache hits for popularity, until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--socket", type=Path, required=True, help="where nginx.conf sends them (syslog:server=unix:…)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # By itself TERM ends Python at once, with what was not sent yet.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        with _listening(options["socket"]) as receiver:
            _count_all(receiver)


@contextlib.contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        # nginx is another user.
        path.chmod(0o666)
        try:
            yield receiver
        finally:
            path.unlink(missing_ok=True)
            popularity.flush()


def _count_all(receiver: socket.socket) -> None:
    seen, rest = Seen(), _rest_seconds()
    try:
        while True:
            select.select([receiver], [], [])
            _count_waiting(receiver, seen)
            time.sleep(rest)
    finally:
        _count_waiting(receiver, seen)


def _rest_seconds() -> float:
    waiting = int(_QUEUE.read_text()) if _QUEUE.exists() else 0
    return min(_LONGEST_REST_SECONDS, waiting / _MOST_HITS_A_SECOND)


def _count_waiting(receiver: socket.socket, seen: "Seen") -> None:
    seen.forget_in_time()
    with contextlib.suppress(BlockingIOError):
        for _ in range(_AT_ONCE):
            line = receiver.recv(512, socket.MSG_DONTWAIT)
            if seen.is_new(line[_TIME_ENDS:]):
                _count(line)


class Seen:
    """Who asked for what in the last minute, as hashes instead of addresses."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()
        self._since = time.monotonic()

    def is_new(self, who_and_what: bytes) -> bool:
        known = len(self._hashes)
        self._hashes.add(hash(who_and_what))
        return len(self._hashes) > known

    def forget_in_time(self) -> None:
        if time.monotonic() - self._since > _REMEMBERED_SECONDS or len(self._hashes) > _REMEMBERED:
            self._hashes.clear()
            self._since = time.monotonic()


def _count(line: bytes) -> None:
    found = _HIT.search(line)
    if found:
        popularity.note(found[2].decode(), household(found[1].decode()))
