"""Statements that PostgreSQL parses and plans once for each connection.

A search has a dozen arms, and planning them takes longer than running them. Plans are made without knowing the
parameters (`plan_cache_mode = force_generic_plan` in settings), so whatever an index must see is written for that:
a range for a prefix, not `LIKE`.
https://www.postgresql.org/docs/18/sql-prepare.html
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DatabaseError, connections
from django.db.backends.utils import CursorWrapper
from psycopg2.errors import DuplicatePreparedStatement, InvalidSqlStatementName
from psycopg2.extensions import connection as Connection

from core import replica

# Statements are put together from few parts; a plan takes some hundred kilobytes of the server's memory.
_KEPT = 64
_OTHER_SESSION = (InvalidSqlStatementName, DuplicatePreparedStatement)
_names: WeakKeyDictionary[Connection, OrderedDict[str, str]] = WeakKeyDictionary()


def fetch_all(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT with `%s` for each parameter. Parameters whose type the statement does not tell need a cast.

    On the replica within `replica.read`, prepared there as well. Raises what `cursor.execute` raises.
    """
    connection = connections[replica.alias()]
    with connection.cursor() as cursor:
        try:
            with connection.wrap_database_errors:
                execution = prepare(connection.connection, sql, len(params))
            cursor.execute(execution, params)
        except DatabaseError as error:
            if not isinstance(error.__cause__, _OTHER_SESSION) or connection.in_atomic_block:
                raise
            _once(cursor, connection.connection, sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _once(cursor: CursorWrapper, raw: Connection, sql: str, params: Sequence[Any]) -> None:
    """Unprepared: a pooler between us and PostgreSQL has handed us another session than the one that was prepared."""
    _names.pop(raw, None)
    cursor.execute(sql, params)


def prepare(raw: Connection, sql: str, count: int) -> str:
    """The `EXECUTE` by which this connection runs `sql`, which has `count` parameters; prepared when it is new."""
    names = _names.setdefault(raw, OrderedDict())
    name = names.get(sql)
    if name is None:
        name = names[sql] = _new(raw, names, sql, count)
    names.move_to_end(sql)
    return f"EXECUTE {name} ({', '.join(['%s'] * count)})" if count else f"EXECUTE {name}"


def _new(raw: Connection, names: OrderedDict[str, str], sql: str, count: int) -> str:
    # Named after its text: another client's statement of that name, behind a pooler, is the same one.
    name = f"pilling_{hashlib.blake2b(sql.encode(), digest_size=12).hexdigest()}"
    numbered = sql % tuple(f"${number}" for number in range(1, count + 1))
    with raw.cursor() as cursor:
        if len(names) >= _KEPT:
            cursor.execute(f"DEALLOCATE {names.popitem(last=False)[1]}")
        cursor.execute(f"PREPARE {name} AS {numbered}")
    return name
