"""Statements written once, for reads so frequent that Django writing them anew takes longer than PostgreSQL answering.

Not prepared (`core.prepared` is for what takes long to plan), so they may run in a transaction behind a pooler.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def rows_of(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT with `%s` for each parameter. JSON comes as text. Raises what `cursor.execute` raises."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
