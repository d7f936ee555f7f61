"""Leases on the broker's Redis, and single flight: of many callers for one key, one computes for all."""

import contextlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar, cast

import redis

from core import stores

T = TypeVar("T")
logger = logging.getLogger(__name__)

_PREFIX = "pilling:lock:"
# Sets or deletes only what is still ours: our lease may have run out and be another's by now.
_FINISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
# Puts back what Redis lost, but never takes what is another's.
_RENEW = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_OUTCOME_MS = 1_500
_POLL_SECONDS = 0.03
_HERE = "local"
_DONE, _FAILED = b"done", b"failed"


class _LocalLeases:
    """Leases within this process, for when Redis is away."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        os.register_at_fork(after_in_child=self.__init__)  # type: ignore[misc]

    def take(self, key: str, seconds: float) -> bool:
        now = time.monotonic()
        with self._lock:
            if self._until.get(key, 0) > now:
                return False
            self._until[key] = now + seconds
            return True

    def keep(self, key: str, seconds: float) -> None:
        with self._lock:
            self._until[key] = time.monotonic() + seconds

    def drop(self, key: str) -> None:
        with self._lock:
            self._until.pop(key, None)


_local = _LocalLeases()


def acquire(key: str, *, seconds: float, holder: str = "") -> str | None:
    """A token for the lease on `key`, or None when another holds it. With Redis away it holds in this process alone.

    `holder`: a name of the work (a task's id) under which it may be taken again: work that was cut off with its process
    and begins anew does not wait for itself.
    """
    if holder:
        return holder if renew(key, holder, seconds=seconds) else None
    token = secrets.token_hex(8)
    try:
        mine = stores.broker.run(lambda c: c.set(_PREFIX + key, token, nx=True, px=int(seconds * 1000)))
    except redis.RedisError as error:
        logger.warning("Lease held in this process alone: %s", type(error).__name__)
        return _HERE if _local.take(key, seconds) else None
    return token if mine else None


def renew(key: str, token: str, *, seconds: float) -> bool:
    """Hold the lease for so long from now; False when it ran out and is another's by now."""
    if token == _HERE:
        _local.keep(key, seconds)
        return True
    try:
        mine = stores.broker.run(lambda c: c.eval(_RENEW, 1, _PREFIX + key, token, str(int(seconds * 1000))))
    except redis.RedisError as error:
        logger.warning("Lease not renewed: %s", type(error).__name__)
        return True
    return bool(mine)


def release(key: str, token: str, *, outcome: bytes = b"") -> None:
    """Give the lease up if it is still ours; `outcome` stays readable for a moment in its place."""
    _local.drop(key)
    if token == _HERE:
        return
    with contextlib.suppress(redis.RedisError):
        stores.broker.run(lambda c: c.eval(_FINISH, 1, _PREFIX + key, token, outcome, str(_OUTCOME_MS)))


@contextlib.contextmanager
def lease(key: str, *, seconds: float, holder: str = "") -> Iterator[bool]:
    """`with lease("nightly", seconds=300) as mine:`; runs out by itself when the holder dies."""
    token = acquire(key, seconds=seconds, holder=holder)
    try:
        yield token is not None
    finally:
        if token:
            release(key, token)


@dataclass(frozen=True, slots=True)
class Flight(Generic[T]):
    """How a flight ended: `computed` here, `shared` from another caller, `failed` there, or `timed_out` waiting."""

    how: Literal["computed", "shared", "failed", "timed_out"]
    value: T | None = None


@dataclass(slots=True)
class _Local(Generic[T]):
    """One key's flight in this process, so that a thousand threads ask Redis once."""

    landed: threading.Event = field(default_factory=threading.Event)
    result: Flight[T] | None = None


_flights: dict[str, _Local[object]] = {}
_boarding = threading.Lock()


def _after_fork() -> None:
    global _boarding
    _boarding = threading.Lock()
    _flights.clear()


os.register_at_fork(after_in_child=_after_fork)


def single_flight(
    key: str, *, compute: Callable[[], T], poll: Callable[[], T | None], timeout: float, wait: float
) -> Flight[T]:
    """Let one caller of all processes run `compute`; the others wait up to `wait` seconds for its result.

    `poll` reads what the computing caller stored (None: nothing). `timeout`: seconds after which a holder is taken for
    dead and another caller may compute. A failure is shared too: it is not tried again by those who waited.
    Raises what `compute` raised, in the computing caller alone.
    """
    return local_flight(key, compute=lambda: _lead(key, compute, poll, timeout, time.monotonic() + wait), wait=wait)


def local_flight(key: str, *, compute: Callable[[], Flight[T]], wait: float) -> Flight[T]:
    """The same among the threads of this process alone, without Redis: for what is cheaper to do twice than to lock."""
    with _boarding:
        flight = _flights.get(key)
        leading = flight is None
        if flight is None:
            flight = _flights[key] = _Local()
    if not leading:
        flight.landed.wait(wait)
        return _shared(flight.result)
    try:
        result = compute()
        flight.result = cast("Flight[object]", result)
        return result
    except BaseException:
        flight.result = Flight("failed")
        raise
    finally:
        with _boarding:
            _flights.pop(key, None)
        flight.landed.set()


def _shared(result: Flight[object] | None) -> Flight[T]:
    if result is None:
        return Flight("timed_out")
    return Flight("shared" if result.how == "computed" else result.how, result.value)  # type: ignore[arg-type]


def _lead(key: str, compute: Callable[[], T], poll: Callable[[], T | None], timeout: float, ends: float) -> Flight[T]:
    while True:
        token = acquire(key, seconds=timeout)
        if token:
            return _compute(key, token, compute)
        outcome = _outcome(key)
        found = poll()
        if found is not None:
            return Flight("shared", found)
        if outcome in (_DONE, _FAILED):
            return Flight("shared" if outcome == _DONE else "failed")
        if time.monotonic() >= ends:
            return Flight("timed_out")
        time.sleep(_POLL_SECONDS)


def _compute(key: str, token: str, compute: Callable[[], T]) -> Flight[T]:
    outcome = _FAILED
    try:
        value = compute()
        outcome = _DONE
        return Flight("computed", value)
    finally:
        release(key, token, outcome=outcome)


def _outcome(key: str) -> bytes | None:
    try:
        return stores.broker.run(lambda client: client.get(_PREFIX + key))  # type: ignore[return-value]
    except redis.RedisError:
        return None
