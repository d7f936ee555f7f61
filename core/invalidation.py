"""The thread that hears which cache entries other processes dropped. For `core.cache` alone."""

import atexit
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import redis

from core import stores

logger = logging.getLogger(__name__)

CHANNEL = "pilling:invalidate"
_TURN_SECONDS = 1.0
_RECONNECT_SECONDS = 0.5


def message(keys: Sequence[str]) -> bytes:
    """The keys as a message; no keys means all."""
    return json.dumps(list(keys)).encode()


class Subscriber:
    """Calls `drop(keys)` for each message, `clear()` after each (re)connection, when messages may have been missed, and
    `settle()` at each turn, once a second or more often.

    `ensure` starts it: lazily, so that a preloading master opens no connection, and once per process.
    """

    def __init__(
        self, *, drop: Callable[[Sequence[str]], None], clear: Callable[[], None], settle: Callable[[], None]
    ) -> None:
        self._drop = drop
        self._clear = clear
        self._settle = settle
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        # A server that stops a moment before this process is nothing to report.
        atexit.register(self.stop)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._started = False
        self._stopping = threading.Event()
        self.connected = threading.Event()

    def ensure(self) -> None:
        if self._started:
            return
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="cache-invalidation", daemon=True).start()

    def stop(self) -> None:
        """End the thread at its next turn, within seconds."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._listen()
            except (redis.RedisError, OSError, ValueError) as error:
                if self._stopping.is_set():
                    return
                logger.warning("Invalidations not heard: %s", type(error).__name__)
            self.connected.clear()
            self._clear()
            time.sleep(_RECONNECT_SECONDS)

    def _listen(self) -> None:
        client = stores.cache.at().connect()
        with client, client.pubsub() as channel:  # type: ignore[no-untyped-call]
            channel.subscribe(CHANNEL)
            while not self._stopping.is_set():
                self._settle()
                got = channel.get_message(timeout=_TURN_SECONDS)
                if got is None:
                    # Half-open connections stay silent for ever unless something is sent.
                    channel.ping()
                else:
                    self._hear(got)

    def _hear(self, got: dict[str, Any]) -> None:
        if got["type"] == "subscribe":
            self._clear()
            self.connected.set()
        elif got["type"] == "message":
            keys = json.loads(got["data"])
            self._drop(keys) if keys else self._clear()
