"""`count_edge_hits`: what nginx answered out of its cache counts as searched for, as if the product had answered."""

import contextlib
import re
import signal
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from core.throttling import household
from medicines.services import popularity

# `<190>Nov 26 22:00:00 edge: ADDRESS ITEM_SEQ`, a datagram each; neither the query nor anything else of the request.
_HIT = re.compile(rb": ([0-9a-f.:]{2,45}) ([0-9]{1,20})$")
# A caller counts once a day; whoever asks again within the second sends the same bytes again.
_REMEMBERED = 10_000


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


def _count_all(receiver: socket.socket) -> NoReturn:
    seen: set[bytes] = set()
    while True:
        line = receiver.recv(512)
        if line not in seen:
            if len(seen) >= _REMEMBERED:
                seen.clear()
            seen.add(line)
            _count(line)


def _count(line: bytes) -> None:
    found = _HIT.search(line)
    if found:
        popularity.note(found[2].decode(), household(found[1].decode()))
