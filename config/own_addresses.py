"""An address of its own for each of gunicorn's processes, so that nginx can ask the one with least to do.

Behind one address nginx's kept connections fall to the processes by chance, and it asks again over the one used last:
one process is full while another waits. docs/decisions.md has the figures.
"""

import select
import time
from collections import Counter
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# What waits at another's address this long is taken over.
_PATIENCE_SECONDS = 0.25


def addresses(shared: str, ports: str) -> list[str]:
    """gunicorn's `bind`: the address at which all listen, and on the same host those of `ports` ("8001 8002")."""
    host = shared.rpartition(":")[0]
    return [shared, *(f"{host}:{port}" for port in ports.split())]


def give(server: Any, worker: Any) -> None:
    """gunicorn's `pre_fork`: the process gets, beside the shared address, the one that fewest others have."""
    shared, *own = worker.sockets
    if own:
        held = Counter(getattr(other, "place", None) for other in server.WORKERS.values())
        worker.place = min(range(len(own)), key=lambda place: held[place])
        worker.sockets = [shared, own.pop(worker.place)]
        worker.others = own


class OwnAddress(ThreadWorker):
    """Listens at its own address. What waits at another's, which is being renewed or stands still, it takes over."""

    _accepting: bool  # gunicorn's own
    others: list[Any] = []  # noqa: RUF012 - replaced, never changed
    _waited: frozenset[int] = frozenset()
    _looks_at = 0.0

    def notify(self) -> None:
        """gunicorn calls it with each round of its loop, once a second at least."""
        super().notify()
        if self.others and self.alive and self._accepting and time.monotonic() >= self._looks_at:
            self._looks_at = time.monotonic() + _PATIENCE_SECONDS
            self._relieve()

    def _relieve(self) -> None:
        by_number = {listener.fileno(): listener for listener in self.others}
        waiting = _readable(*by_number)
        for number in waiting & self._waited:
            while _readable(number):
                self.accept(by_number[number])
        self._waited = waiting


def _readable(*numbers: int) -> frozenset[int]:
    asked = select.poll()
    for number in numbers:
        asked.register(number, select.POLLIN)
    return frozenset(number for number, _ in asked.poll(0))
