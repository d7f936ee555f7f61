"""What Redis did not take, to be told again until it does. For `core.cache` alone."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

# Cards and details of the whole catalogue are fewer.
MAX_KEYS = 200_000
ALL = ""
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Put:
    """A value, made at the moment when it is put, and the seconds for which it is fresh."""

    make: Callable[[], bytes]
    seconds: float


class Owed:
    """Keys, each with the value to put or None: to be dropped. Beyond MAX_KEYS everything is to be dropped (ALL).

    After a fork the parent tells it.
    """

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._what: dict[str, Put | None] = {}

    def add(self, what: Mapping[str, Put | None]) -> None:
        with self._lock:
            self._what |= what
            if len(self._what) > MAX_KEYS:
                self._what = {ALL: None} | {key: put for key, put in self._what.items() if put}

    def take(self) -> dict[str, Put | None]:
        """Some of it, which is owed no longer: who fails to tell it adds it again."""
        with self._lock:
            taken = dict(islice(self._what.items(), _AT_ONCE))
            for key in taken:
                del self._what[key]
        return taken
