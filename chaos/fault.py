"""What a fault is, and a way to say within how many seconds something must have ended."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from chaos.site import Site


@dataclass(frozen=True, slots=True)
class Fault:
    """`harm` does it, mends it, and returns a sentence on what was lost or kept; AssertionError when that is wrong.

    `most`: percent of requests that may fail meanwhile. `only`: of which kind these may be; "" for any. `seconds`:
    after them the harm is cut off.
    """

    name: str
    harm: Callable[[Site], str]
    most: float = 0.0
    seconds: int = 60
    only: str = ""


class NotPossible(Exception):
    """The machine lacks what the fault is done with: it is told as skipped, and is neither met nor missed."""


class OutOfTime(Exception):
    """What was to be done did not end in time."""


@contextlib.contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raises OutOfTime in the main thread, whatever it waits for, when the block lasts longer."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise OutOfTime(f"not ended within {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
