"""What the tiers hold under a key, and what PostgreSQL says now: for the operators' page.

Apps that keep something in the tiers register a finder, which knows their keys and how to read the same anew.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import redis

from core.cache import tiers
from core.errors import Problem
from core.postgresql import DATABASE_AWAY

# No key of ours holds what a person typed: queries and keywords stand in them as digests.
_KEY = re.compile(r"[a-z][a-z-]{0,30}:[!-~]{0,96}")
_SHOWN = 4_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A key, what it holds (Korean), and how to read the same from PostgreSQL: None when the key does not tell how.

    `source` returns None when there is nothing. It may raise the database's error or Problem.
    """

    key: str
    what: str
    source: Callable[[], bytes | None] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One tier's answer. `state`: "held", "stale", "empty", "away" (does not answer) or "unknown"; times in seconds."""

    state: str
    value: str = ""
    size: int = 0
    fresh: float = 0.0
    kept: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in each tier."""

    entry: Entry
    memory: Place
    shared: Place
    source: Place


Finder = Callable[[str], Iterable[Entry]]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Add a finder, from what an operator typed to the entries that it means; in `AppConfig.ready`."""
    if finder not in _finders:
        _finders.append(finder)


def inspect(text: str) -> list[Row]:
    """Everything that may be kept for this text, tier by tier. Nothing is filled, moved or counted by looking."""
    return [Row(entry, _memory(entry), _shared(entry), _source(entry)) for entry in _entries(text)]


def is_known(key: str) -> bool:
    """Whether this is a key that may be dropped."""
    return any(entry.key == key for entry in _entries(key))


def _entries(text: str) -> list[Entry]:
    found = [entry for find in _finders for entry in find(text)]
    if _KEY.fullmatch(text) and all(entry.key != text for entry in found):
        found.append(Entry(text, "적은 키"))
    return found


def _memory(entry: Entry) -> Place:
    held = tiers().memory.peek(entry.key)
    return _place(held[0], "held", fresh=held[1]) if held else Place("empty")


def _shared(entry: Entry) -> Place:
    try:
        held = tiers().shared.peek(entry.key)
    except redis.RedisError:
        return Place("away")
    if held is None:
        return Place("empty")
    return _place(held.value, "held" if held.fresh > 0 else "stale", fresh=held.fresh, kept=held.kept)


def _source(entry: Entry) -> Place:
    if entry.source is None:
        return Place("unknown")
    try:
        value = entry.source()
    except DATABASE_AWAY:
        return Place("away")
    except Problem:
        return Place("empty")
    return Place("empty") if value is None else _place(value, "held")


def _place(value: bytes, state: str, *, fresh: float = 0.0, kept: float = 0.0) -> Place:
    text = value.decode("utf-8", "replace")
    return Place(state, text[:_SHOWN] + ("…" if len(text) > _SHOWN else ""), len(value), max(0.0, fresh), kept)
