"""What a half-typed name can still become: an answer for every keystroke, by one SQL statement. Never calls outside."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.prepared import fetch_all
from medicines.search.keys import typing_pattern
from medicines.search.normalise import split_parentheses
from medicines.search.query import Query
from medicines.selectors.search import RANK
from medicines.selectors.search_arms import FRESH, INITIAL_KEYS, PREFIX_KEYS, begins, range_of

# Many products share a name up to its parentheses; so many rows are read for each line shown.
_ROWS_PER_LINE = 6
# Beyond this many the rows of one prefix are taken as they stand in the index.
_CANDIDATES = 500
_SHORT_LENGTH = {"prefix": PREFIX_KEYS, "initials": INITIAL_KEYS}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line: `text` to put in the search box, a product that bears it, and why (a `match.kind`)."""

    text: str
    item_seq: str
    kind: str


def suggest_rows(*, query: Query, limit: int = 10) -> tuple[Suggestion, ...]:
    """Names that begin with what was typed, in rank order, each name once.

    Falls back on the keys without an unfinished unit, on the English name, and, for a sign that opens a name such as
    "(주)…", on the names that begin with it.
    """
    rows = fetch_all(*suggest_statement(query, limit))
    lines = {line.text: line for line in reversed([_line(query, *row) for row in rows])}
    return tuple(list(reversed(lines.values()))[:limit])


def suggest_statement(query: Query, limit: int) -> tuple[str, list[Any]]:
    """The SQL and its parameters. Rows: source (what the prefix was matched with), name, name_norm, item_seq."""
    arms = list(_arms(query))
    union = " UNION ALL ".join(f"({sql})" for sql, _ in arms)
    params = [param for _, group in arms for param in group]
    return (
        f"""SELECT best.source, m.name, m.name_norm, m.item_seq
            FROM (SELECT DISTINCT ON (id) id, source FROM ({union}) hit ORDER BY id, source) best
            CROSS JOIN LATERAL (SELECT * FROM medicine WHERE id = best.id LIMIT 1) m
            ORDER BY best.source, {RANK} LIMIT %s""",
        [*params, limit * _ROWS_PER_LINE],
    )


# In the order in which they are preferred.
_TYPED, _OPEN, _ENGLISH, _INITIALS, _SIGN = 0, 1, 2, 3, 4

Sql = tuple[str, list[Any]]


def _arms(query: Query) -> Iterator[Sql]:
    if query.is_empty:
        yield _postings("prefix", query.raw[0], _SIGN)
        return
    for source, keys in enumerate(query.prefixes):
        yield from _prefix("prefix", "name_keys", keys, min(source, _OPEN))
    if query.text.isascii():
        yield from _prefix("", "name_en_keys", query.text, _ENGLISH)
    if query.initials:
        yield from _prefix("initials", "name_initials", query.initials, _INITIALS)


def _prefix(kind: str, column: str, keys: str, source: int) -> Iterator[Sql]:
    """Postings where the prefix is short, and the index of names, which also knows products added since."""
    short = len(keys) <= _SHORT_LENGTH.get(kind, 0)
    if short:
        yield _postings(kind, keys, source)
    yield (
        f"""SELECT id, {source} AS source FROM medicine WHERE {begins(column)}
            ORDER BY {column} USING ~<~ LIMIT {FRESH if short else _CANDIDATES}""",
        [*range_of(keys)],
    )


def _postings(kind: str, keys: str, source: int) -> Sql:
    return (
        f"""SELECT p.id, {source} AS source FROM medicine_term t CROSS JOIN LATERAL unnest(t.medicine_ids) p(id)
            WHERE t.kind = %s AND t.keys = %s""",
        [kind, keys],
    )


def _line(query: Query, source: int, name: str, name_norm: str, item_seq: str) -> Suggestion:
    shown = " ".join(split_parentheses(name)[0].split()) or name
    return Suggestion(shown, item_seq, _kind(query, source, name_norm))


def _kind(query: Query, source: int, name_norm: str) -> str:
    if source == _INITIALS:
        return "initials"
    if source in (_ENGLISH, _SIGN, _OPEN) or re.match(typing_pattern(query.text), name_norm):
        return "prefix"
    return "keyboard" if re.match(typing_pattern(query.hangul), name_norm) or query.text.isascii() else "fuzzy"
