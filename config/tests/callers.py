"""Somebody who asks without a pause while something is replaced, and writes down what went wrong."""

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

# What a client sees whose request met the other side's farewell.
_CLOSED = (ConnectionError, ssl.SSLError)
Connect = Callable[[], http.client.HTTPConnection]


class Caller(threading.Thread):
    """Asks on one kept connection, or on a new one each time, until told to stop. `wrong`: no answers of 2xx.

    `patient`: that a kept connection was closed unanswered is nothing wrong; it asks anew over another, as browsers do.
    """

    def __init__(
        self, connect: Connect, *, path: str, keeps: bool, writes: bool = False, host: str = "", patient: bool = False
    ) -> None:
        super().__init__()
        self.connect, self.keeps, self.patient = connect, keeps, patient
        self.what = ("POST", "/api/v1/installs") if writes else ("GET", path)
        self.headers = {"Host": host} if host else {}
        self.asked, self.stopped = 0, threading.Event()
        self.wrong: list[str] = []

    def run(self) -> None:
        connection = None
        while not self.stopped.is_set():
            kept, connection = connection is not None, connection or self.connect()
            try:
                closes = self._ask(connection)
            except (OSError, http.client.HTTPException) as error:
                if not (self.patient and kept and isinstance(error, _CLOSED)):
                    self.wrong.append(f"{self.what[0]} {error!r}")
                closes = True
            self.asked += 1
            if closes or not self.keeps:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        connection.request(*self.what, headers=self.headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in (200, 201):
            self.wrong.append(f"{self.what[0]} {answer.status}")
        return answer.headers.get("Connection") == "close"


@contextmanager
def asking(callers: Sequence[Caller]) -> Iterator[Callable[[], int]]:
    """All of them at once; gives how often they have asked so far."""
    for caller in callers:
        caller.start()
    try:
        yield lambda: sum(caller.asked for caller in callers)
    finally:
        for caller in callers:
            caller.stopped.set()
        for caller in callers:
            caller.join()
