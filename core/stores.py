"""The two Redis behind one guard: `cache` may forget, `broker` may not. Callers catch `redis.RedisError`.

Clients are made lazily, once per process (also after a fork), with short timeouts and no retries. After a failure the
store is taken for down for a moment, so that a dead Redis does not cost each request its timeout.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
CONNECT_SECONDS = 0.2
OPERATION_SECONDS = 0.5
DOWN_SECONDS = 1.0
POOL_SIZE = 64


class StoreDown(redis.ConnectionError):
    """Not asked: this Redis failed a moment ago."""


def connect(url: str, *, operation_seconds: float | None = OPERATION_SECONDS) -> redis.Redis:
    """A client with our timeouts; bytes in, bytes out; `redis://`, `rediss://` and `unix://` addresses."""
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=operation_seconds,
        # redis-py retries ten times with growing pauses unless told not to.
        retry=Retry(NoBackoff(), 0),
        max_connections=POOL_SIZE,
        protocol=2,
    )


class Store:
    """One Redis, by the name of the setting that holds its address."""

    def __init__(self, setting: str) -> None:
        self._setting = setting
        self._client: redis.Redis | None = None
        self._url = ""
        self._down_until = 0.0
        os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        """Forget the client and the last failure; the next call connects anew."""
        self._client = None
        self._down_until = 0.0

    @property
    def url(self) -> str:
        address: str = getattr(settings, self._setting)
        return address

    @property
    def client(self) -> redis.Redis:
        if self._client is None or self._url != self.url:
            self._url = self.url
            self._client = connect(self._url)
        return self._client

    def run(self, command: Callable[[redis.Redis], T]) -> T:
        """What `command` returns. Raises redis.RedisError; StoreDown at once for a second after a failure."""
        if time.monotonic() < self._down_until:
            raise StoreDown(f"{self._setting} failed a moment ago")
        try:
            return command(self.client)
        except (redis.ConnectionError, redis.TimeoutError):
            self._down_until = time.monotonic() + DOWN_SECONDS
            raise


cache = Store("REDIS_URL")
broker = Store("CELERY_BROKER_REDIS_URL")
