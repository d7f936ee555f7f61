"""The HTTP listener under every stand-in: keep-alive, many threads, and a hand on the raw socket for the faults."""

import logging
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.standins.vendor import Reply, Request

logger = logging.getLogger(__name__)
Answer = Callable[[Request], Reply]
# SO_LINGER with no seconds: close() sends RST instead of FIN.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
POLL_SECONDS = 0.02
PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Handler(BaseHTTPRequestHandler):
    """Reads one request, writes one reply in a single send."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def reply_to_any(self) -> None:
        reply = cast(Server, self.server).answer_to(self._request())
        if reply.reset:
            self._reset()
        else:
            self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = reply_to_any

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: request lines carry the service key."""

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        params: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            params.setdefault(name, value)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        return Request(self.command, unquote(parts.path), params, headers, body)

    def _send(self, reply: Reply) -> None:
        self.close_connection = self.close_connection or reply.cut is not None
        self.wfile.write(self._head(reply) + reply.body[: reply.cut])
        time.sleep(reply.stall)

    def _head(self, reply: Reply) -> bytes:
        lines = [
            f"HTTP/1.1 {reply.status} {_phrase(reply.status)}",
            f"Date: {formatdate(usegmt=True)}",
            f"Content-Type: {reply.content_type}",
            f"Content-Length: {len(reply.body)}",
            f"Connection: {'close' if self.close_connection else 'keep-alive'}",
            *(f"{name}: {value}" for name, value in reply.headers),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        # Python keeps the descriptor open while rfile lives; detaching it closes it now.
        self.rfile.close()
        cast(Server, self.server).drop(self.connection)


def _phrase(status: int) -> str:
    return PHRASES.get(status, "Unknown")


class Server(ThreadingHTTPServer):
    """A threading server on a socket that it is given, and which knows its open connections."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, listening: socket.socket, answer: Answer) -> None:
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def answer_to(self, request: Request) -> Reply:
        try:
            return self.answer(request)
        except Exception:
            logger.exception("stand-in failed on %s %s", request.method, request.path)
            return Reply(500, b"stand-in failed", "text/plain")

    def process_request(self, request: object, client_address: object) -> None:
        connection = cast(socket.socket, request)
        with self._open_lock:
            self._open.add(connection)
        super().process_request(connection, client_address)

    def shutdown_request(self, request: object) -> None:
        connection = cast(socket.socket, request)
        with self._open_lock:
            self._open.discard(connection)
        super().shutdown_request(connection)

    def drop(self, connection: socket.socket) -> None:
        """Close at once, without the orderly shutdown that would send FIN before the reset."""
        with self._open_lock:
            self._open.discard(connection)
        connection.close()

    def drop_all(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to report; anything else is a fault of the stand-in."""
        if not isinstance(sys.exception(), OSError):
            logger.exception("stand-in failed on a connection")


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        logger.debug("connection was gone already")


class Listener:
    """One port. `close` refuses connections but keeps the port; `open` takes them again; `stop` gives it up."""

    def __init__(self, host: str, port: int, answer: Answer) -> None:
        self._answer = answer
        self._bound = _bound(host, port)
        self.host = host
        self.port: int = self._bound.getsockname()[1]
        self._server: Server | None = None
        self._lock = threading.RLock()

    def open(self) -> None:
        with self._lock:
            if self._server is None:
                self._bound.listen(1024)
                self._server = Server(self._bound, self._answer)
                threading.Thread(target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    def close(self) -> None:
        """Stop listening and drop open connections. A bound socket that does not listen refuses, and holds the port."""
        with self._lock:
            if self._server is not None:
                self._end()
                self._bound = _bound(self.host, self.port)

    def stop(self) -> None:
        with self._lock:
            self._end()
            self._bound.close()

    def _end(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.drop_all()
            self._server = None


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound
