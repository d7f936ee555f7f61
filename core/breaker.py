"""A circuit breaker per vendor, shared by all processes through the broker's Redis (which never evicts).

`pybreaker` keeps the states; four of its habits are put right here: it holds a lock during the whole
call, takes an excluded error for a success, lets any number of trials through, and forgets all when Redis is away.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import pybreaker
import redis
from django.conf import settings

from core import metrics, stores
from core.errors import BreakerOpen, VendorError, VendorTimeout
from core.locks import lease

T = TypeVar("T")
logger = logging.getLogger(__name__)
_PREFIX = "pilling:breaker:"
_KEPT_SECONDS = 86_400
_TRIAL_SECONDS = 60.0


class _SharedStorage(pybreaker.CircuitBreakerStorage):
    """State, counters and the time of opening as one Redis hash, mirrored in memory for when Redis is away."""

    def __init__(self, vendor: str) -> None:
        super().__init__("redis")
        self._key = _PREFIX + vendor
        self._mirror: dict[str, str] = {}

    def _get(self, field: str) -> str:
        try:
            value = cast("bytes | None", stores.broker.run(lambda client: client.hget(self._key, field)))
        except redis.RedisError:
            return self._mirror.get(field, "")
        self._mirror[field] = value.decode() if value else ""
        return self._mirror[field]

    def read(self) -> tuple[dict[str, str], bool]:
        """All fields, and whether Redis said so rather than this process alone."""
        try:
            held = cast("dict[bytes, bytes]", stores.broker.run(lambda client: client.hgetall(self._key)))
        except redis.RedisError:
            return dict(self._mirror), False
        return {field.decode(): value.decode() for field, value in held.items()}, True

    def _set(self, field: str, value: str) -> None:
        self._mirror[field] = value
        self._write(lambda pipe: pipe.hset(self._key, field, value))

    def _add(self, field: str) -> None:
        self._mirror[field] = str(int(self._mirror.get(field) or 0) + 1)
        self._write(lambda pipe: pipe.hincrby(self._key, field, 1))

    def _write(self, command: Callable[[Any], object]) -> None:
        def send(client: redis.Redis) -> None:
            with client.pipeline(transaction=False) as pipe:
                command(pipe)
                pipe.expire(self._key, _KEPT_SECONDS)
                pipe.execute()

        try:
            stores.broker.run(send)
        except redis.RedisError as error:
            logger.warning("Breaker state kept in this process alone: %s", type(error).__name__)

    @property
    def state(self) -> str:
        return self._get("state") or pybreaker.STATE_CLOSED

    @state.setter
    def state(self, state: str) -> None:
        if state != self.state:
            self._set("changed_at", str(time.time()))
        self._set("state", state)

    @property
    def counter(self) -> int:
        return int(self._get("failures") or 0)

    def increment_counter(self) -> None:
        self._add("failures")

    def reset_counter(self) -> None:
        # Nearly every call succeeds with nothing to reset; a read spares the broker its append-only file.
        if self.counter:
            self._set("failures", "0")

    @property
    def success_counter(self) -> int:
        return int(self._get("successes") or 0)

    def increment_success_counter(self) -> None:
        self._add("successes")

    def reset_success_counter(self) -> None:
        self._set("successes", "0")

    @property
    def opened_at(self) -> datetime | None:
        stamp = self._get("opened_at")
        return datetime.fromtimestamp(float(stamp), UTC) if stamp else None

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        self._set("opened_at", str(moment.timestamp()))


class _Circuit(pybreaker.CircuitBreaker):
    def call(self, func: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Without pybreaker's lock, which one slow answer would hold against every other thread."""
        current = self.state
        if current.name != pybreaker.STATE_HALF_OPEN:
            return current.call(func, *args, **kwargs)
        with lease(f"{_PREFIX}{self.name}:trial", seconds=_TRIAL_SECONDS) as mine:
            if not mine:
                raise pybreaker.CircuitBreakerError("another call is trying")
            # The trial before this one may have decided while we waited for our turn.
            current = self.state
            if current.name == pybreaker.STATE_OPEN:
                raise pybreaker.CircuitBreakerError("the trial failed")
            return current.call(func, *args, **kwargs)

    def is_system_error(self, exception: BaseException) -> bool:
        """Whether this is a failure; an error that says nothing of the vendor's health leaves by itself, uncounted."""
        if isinstance(exception, VendorTimeout) or not isinstance(exception, VendorError):
            raise exception
        return exception.counts_for_breaker


class _Watch(pybreaker.CircuitBreakerListener):
    def state_change(self, cb: pybreaker.CircuitBreaker, old_state: Any, new_state: Any) -> None:
        metrics.breaker_open.labels(cb.name).set(new_state.name != pybreaker.STATE_CLOSED)
        logger.warning("Breaker is %s", new_state.name, extra={"vendor": cb.name})


_watched: set[str] = set()
_circuits: dict[str, _Circuit] = {}
_making = threading.Lock()


def _circuit(vendor: str) -> _Circuit:
    with _making:
        if vendor not in _circuits:
            _circuits[vendor] = _Circuit(
                fail_max=getattr(settings, "BREAKER_FAILURES", 5),
                reset_timeout=getattr(settings, "BREAKER_OPEN_SECONDS", 60.0),
                state_storage=_SharedStorage(vendor),
                listeners=[_Watch()],
                name=vendor,
                throw_new_error_on_trip=False,
            )
    return _circuits[vendor]


def call(vendor: str, fn: Callable[[], T]) -> T:
    """What `fn` returns, unless the vendor failed BREAKER_FAILURES times in a row within the last BREAKER_OPEN_SECONDS.

    Failures are VendorErrors that count (`counts_for_breaker`). A refusal proves the vendor alive; our own deadline and
    errors of other kinds prove nothing. After the pause one trial at a time goes through, of all processes.
    Raises BreakerOpen, or what `fn` raised.
    """
    try:
        return _circuit(vendor).call(fn)
    except pybreaker.CircuitBreakerError:
        metrics.external_calls.labels(vendor, BreakerOpen.outcome).inc()
        raise BreakerOpen(vendor, "held back") from None


def state(vendor: str) -> str:
    """ "closed", "open" or "half-open", as all processes see it."""
    return str(_circuit(vendor).current_state)


def retry_after(vendor: str) -> int:
    """Whole seconds until an open breaker lets a trial through; 1 at least."""
    circuit = _circuit(vendor)
    opened = circuit._state_storage.opened_at
    return max(1, round(opened.timestamp() + circuit.reset_timeout - time.time())) if opened else 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A breaker as an operator sees it.

    `since`: when its state began, None when that was longer ago than a day; `failures`: in a row; `trial_in`: seconds
    until an open one lets a call try; `shared`: whether all processes see the same, or Redis is away.
    """

    vendor: str
    state: str
    since: datetime | None
    failures: int
    trial_in: int
    shared: bool


def watch(vendor: str) -> None:
    """Name a vendor whose breaker operators see, also before its first call."""
    _watched.add(vendor)


def seen() -> list[Seen]:
    """Every breaker, by vendor."""
    return [_seen(vendor) for vendor in sorted(_watched)]


def _seen(vendor: str) -> Seen:
    circuit = _circuit(vendor)
    fields, shared = cast(_SharedStorage, circuit._state_storage).read()
    state = fields.get("state") or pybreaker.STATE_CLOSED
    changed, opened = (float(fields.get(name) or 0) for name in ("changed_at", "opened_at"))
    since = datetime.fromtimestamp(changed, UTC) if changed else None
    trial_in = max(0, round(opened + circuit.reset_timeout - time.time())) if state == pybreaker.STATE_OPEN else 0
    return Seen(vendor, state, since, int(fields.get("failures") or 0), trial_in, shared)


def close(vendor: str) -> None:
    """Let calls through again at once (an operator's decision)."""
    _circuit(vendor).close()


def forget() -> None:
    """Drop this process's breakers so that changed settings are read; the shared state stays."""
    with _making:
        _circuits.clear()
