"""Reads of the catalogue from a streaming replica while it is level with the primary. A person's own rows are never
read there: only what stands in `read`, and of the models only settings.REPLICA_MODELS.

How far behind it is, is not asked of its clock: `pg_last_xact_replay_timestamp()` grows old when nobody writes, and a
replica that is cut off has replayed all that it received. Instead each process asks once a second how far the primary's
log reaches and how far the replica has replayed, so that it knows a moment of which the replica lacks nothing.
"""

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connections
from psycopg2.errors import QueryCanceled

from core import metrics
from core.postgresql import DATABASE_AWAY

T = TypeVar("T")
ALIAS = "replica"
# What is read may be so old. The caches refuse for as much longer what was changed (memory_tier, redis_tier).
MAX_AGE_SECONDS = 2.5
_CHECK_SECONDS = 1.0
_GONE_SECONDS = 5.0
_REACHED = "SELECT pg_current_wal_flush_lsn()::text"
_REPLAYED = """
SELECT n, pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= lsn::pg_lsn FROM unnest(%s) WITH ORDINALITY asked(lsn, n)
"""
_REPLAYED_AT = "SELECT coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())"
# Within `read` the moment of which the replica is known to lack nothing.
_seen: ContextVar[datetime | None] = ContextVar("replica_seen", default=None)


class _Watch:
    """What this process knows of the replica."""

    def __init__(self) -> None:
        self.reset()
        os.register_at_fork(after_in_child=self.reset)

    def reset(self) -> None:
        self._asking = threading.Lock()
        self._next = self._gone_until = 0.0
        # (moment by the steady clock, by the wall's, how far the primary's log reached)
        self._samples: deque[tuple[float, datetime, str]] = deque(maxlen=4)
        self._level: tuple[float, datetime] | None = None
        self._unreached = False

    def level(self) -> datetime | None:
        """The last moment of which the replica lacks nothing; None when that is unknown or too long ago."""
        if time.monotonic() >= self._next and self._asking.acquire(blocking=False):
            try:
                self._check()
            finally:
                self._asking.release()
        known = self._level
        return known[1] if known and time.monotonic() - known[0] <= MAX_AGE_SECONDS else None

    def _check(self) -> None:
        self._next = time.monotonic() + _CHECK_SECONDS
        try:
            sample = (time.monotonic(), datetime.now(UTC), _reached())
        except Error:
            # The primary is away: nobody knows how old the replica is.
            self._level = None
            self._unreached = connections[DEFAULT_DB_ALIAS].connection is None
            self._next = time.monotonic() + _CHECK_SECONDS
            return
        self._unreached = False
        self._samples.append(sample)
        try:
            self._compare()
        except Error:
            self.lost()

    def _compare(self) -> None:
        samples = list(self._samples)
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_REPLAYED, [[lsn for _, _, lsn in samples]])
            held = [samples[number - 1] for number, replayed in cursor.fetchall() if replayed]
        if held:
            at, moment, _ = max(held)
            self._level = (at, moment)

    def lost(self) -> None:
        """The replica failed: it is left alone for a while."""
        self._level = None
        self._next = self._gone_until = time.monotonic() + _GONE_SECONDS
        with contextlib.suppress(Error):
            connections[ALIAS].close()

    @property
    def is_gone(self) -> bool:
        return time.monotonic() < self._gone_until

    @property
    def is_alone(self) -> bool:
        """Whether nobody could connect to the primary a moment ago, and the replica may answer instead."""
        return self._unreached and not self.is_gone


_watch = _Watch()


def _reached() -> str:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_REACHED)
        return str(cursor.fetchone()[0])


def read(ask: Callable[[], T], *, complete: Callable[[T], bool] = lambda found: True) -> T:
    """What `ask` returns; what it reads of the catalogue comes from the replica while that is level.

    From the primary without a replica, inside a transaction (which has to see what it wrote), when the replica fails,
    and when what it has is not `complete`: a product may have come a moment ago. A primary to which nobody could
    connect a moment ago is tried by one thread a second, and is the same error at once to the others.
    """
    if ALIAS not in connections.settings or _seen.get() or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return ask()
    moment = _watch.level()
    if moment is not None:
        try:
            with _reading(moment):
                found = ask()
            if complete(found):
                metrics.catalogue_reads.labels(ALIAS).inc()
                return found
        except Error as error:
            if not _is_the_servers(error):
                raise
            _watch.lost()
    if _watch.is_alone:
        raise OperationalError("The primary could not be reached a moment ago")
    metrics.catalogue_reads.labels("primary").inc()
    return ask()


def instead(ask: Callable[[], T], *, of: Exception) -> T:
    """What `ask` reads on the replica, however far that has come, when the primary is away: old, and not to be kept.

    Raises `of`, the primary's error, without a replica that answers, and when it says that the statement took too long.
    """
    if ALIAS not in connections.settings or _seen.get() or _watch.is_gone or _took_too_long(of):
        raise of
    try:
        with _reading(_replayed_at()):
            found = ask()
    except DATABASE_AWAY:
        # The error may also be the primary's, or the statement's own.
        if not connections[ALIAS].is_usable():
            _watch.lost()
        raise of from None
    metrics.catalogue_reads.labels(ALIAS).inc()
    return found


def read_or_old(ask: Callable[[], T], *, complete: Callable[[T], bool] = lambda found: True) -> tuple[T, bool]:
    """What `read` returns, or, while the primary is away, `instead`; and whether it is the latter, old.

    Raises the primary's error when what is old is not `complete`.
    """
    try:
        return read(ask, complete=complete), False
    except DATABASE_AWAY as error:
        found = instead(ask, of=error)
        if not complete(found):
            raise
        return found, True


def _replayed_at() -> datetime:
    """A moment of which the replica lacks nothing; long ago when nobody wrote."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_REPLAYED_AT)
        moment: datetime = cursor.fetchone()[0]
    return moment


def _is_the_servers(error: Error) -> bool:
    """Whether it is no fault of the statement's, and it did not take too long, as it would on the primary."""
    return isinstance(error, DATABASE_AWAY) and not _took_too_long(error)


def _took_too_long(error: Exception) -> bool:
    return isinstance(error.__cause__, QueryCanceled)


@contextlib.contextmanager
def _reading(moment: datetime) -> Iterator[None]:
    token = _seen.set(moment)
    try:
        yield
    finally:
        _seen.reset(token)


def alias() -> str:
    """The connection on which statements of the catalogue run here and now."""
    return ALIAS if _seen.get() else DEFAULT_DB_ALIAS


def seen_at() -> datetime:
    """The moment of which what is read here and now lacks nothing: now, or a little earlier on the replica."""
    return _seen.get() or datetime.now(UTC)


class Router:
    """For Django's models. Rows that came from the replica are written to the primary, too."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return alias() if model._meta.label in settings.REPLICA_MODELS else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == ALIAS else None
