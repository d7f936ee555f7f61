"""Sockets that obey a total deadline, for `core.http` alone.

`requests` and urllib3 limit each wait for bytes, so an answer that trickles in never ends. Here every read waits at
most for what is left of the running call's deadline; the handshake and the sending have urllib3's own timeouts.
"""

import io
import socket
import threading
import time
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Running(threading.local):
    deadline: float = float("inf")


_running = _Running()


def begin(deadline: float) -> None:
    """Set this thread's deadline, in `time.monotonic()` seconds."""
    _running.deadline = deadline


def left() -> float:
    """Seconds until this thread's deadline. Raises TimeoutError when it has passed."""
    seconds = _running.deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("deadline passed")
    return seconds


class _Reader(io.RawIOBase):
    """A socket's raw reader that shortens the socket's timeout before each read."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = cast(io.RawIOBase, sock.makefile("rb", buffering=0))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSocket:
    """A connected socket whose `makefile` reads within the deadline; all else is the socket's own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str, *args: object, **kwargs: object) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._sock))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class _PlainConnection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = cast(socket.socket, _DeadlineSocket(cast(socket.socket, self.sock)))


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = cast(socket.socket, _DeadlineSocket(cast(socket.socket, self.sock)))


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class DeadlineAdapter(HTTPAdapter):
    """Mount on a session whose calls are made between `begin` and the end of the body."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
