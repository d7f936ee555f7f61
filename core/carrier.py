"""Counting without delaying anyone: what a process gathers within a second, and the thread that carries it to Redis."""

import atexit
import logging
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Generic, TypeVar

import redis

logger = logging.getLogger(__name__)
FLUSH_SECONDS = 1.0

Waiting = TypeVar("Waiting", bound=Sized)


class Carrier(ABC, Generic[Waiting]):
    """Gathers into `_empty()`'s kind of container; begins anew after a fork, and sends what is left at the end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.flush)

    @abstractmethod
    def _empty(self) -> Waiting: ...

    @abstractmethod
    def _send(self, waiting: Waiting) -> None:
        """Raises redis.RedisError."""

    def _reset(self) -> None:
        self._waiting = self._empty()
        self._started = False
        self._lock = threading.Lock()

    @contextmanager
    def adding(self) -> Iterator[Waiting]:
        """The container, for as long as something is put in."""
        # One that still grew while it is read would end the thread, and with it all counting in this process.
        with self._lock:
            yield self._waiting
            starting, self._started = not self._started, True
        if starting:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(FLUSH_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Send what waits; a dead Redis loses it."""
        with self._lock:
            waiting, self._waiting = self._waiting, self._empty()
        if not waiting:
            return
        try:
            self._send(waiting)
        except redis.RedisError as error:
            logger.warning("Not counted (%s): %s", self._name, type(error).__name__)
