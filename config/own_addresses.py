"""An address of its own for each of gunicorn's processes, so that nginx can ask the one with least to do.

Behind one address nginx's kept connections fall to the processes by chance, and it asks again over the one used last:
one process is full while another waits. docs/decisions.md has the figures.
"""

import select
import time
from collections import Counter
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# How often a process looks at the others' addresses. What still waits there at the second look, it takes over.
_LOOK_SECONDS = 0.25


def addresses(shared: str, ports: str) -> list[str]:
    """gunicorn's `bind`: the address at which all listen, and on the same host those of `ports` ("8001 8002")."""
    host = shared.rpartition(":")[0]
    return [shared, *(f"{host}:{port}" for port in ports.split())]


def give(server: Any, worker: Any) -> None:
    """gunicorn's `pre_fork`: the process gets, beside the shared address, those that fewest others have.

    One, or several where there are more addresses than processes.
    """
    shared, *own = worker.sockets
    if own:
        places = min(len(own), server.num_workers)
        held = Counter(getattr(other, "place", None) for other in server.WORKERS.values())
        worker.place = min(range(places), key=lambda place: held[place])
        worker.sockets = [shared, *own[worker.place :: places]]
        worker.others = [each for each in own if each not in worker.sockets]


class OwnAddress(ThreadWorker):
    """Listens at its own address. What waits at another's, which is being renewed or stands still, it takes over."""

    _accepting: bool  # gunicorn's own
    others: list[Any] = []  # noqa: RUF012 - replaced, never changed
    _waited: frozenset[int] = frozenset()
    _looks_at = 0.0

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        if self.others:
            timeout = _LOOK_SECONDS if timeout is None else min(timeout, _LOOK_SECONDS)
        super().wait_for_and_dispatch_events(timeout)

    def notify(self) -> None:
        """gunicorn calls it with each round of its loop."""
        super().notify()
        if self.others and self.alive and self._accepting and time.monotonic() >= self._looks_at:
            self._looks_at = time.monotonic() + _LOOK_SECONDS
            self._relieve()

    def _relieve(self) -> None:
        by_number = {listener.fileno(): listener for listener in self.others}
        waiting = _readable(*by_number)
        for number in waiting & self._waited:
            while self.nr_conns < self.worker_connections and _readable(number):
                self.accept(by_number[number])
        self._waited = waiting

    def handle_request(self, req: Any, conn: Any) -> Any:
        if any(conn.server == other.getsockname() for other in self.others):
            # Kept, it would be this process's work that nginx counts as the other's.
            req.force_close()
        return super().handle_request(req, conn)


def _readable(*numbers: int) -> frozenset[int]:
    asked = select.poll()
    for number in numbers:
        asked.register(number, select.POLLIN)
    return frozenset(number for number, _ in asked.poll(0))
