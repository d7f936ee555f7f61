"""How export and erasure of a person's data reach every app: each registers two functions in its `AppConfig.ready`."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


@dataclass(frozen=True, slots=True)
class Holder:
    """An app that holds personal data. `export(user_id)` gives JSON-ready values, `erase(user_id)` a row count.

    An iterator anywhere in the export becomes a list, written row by row. `tables`: every table (`db_table`) of the
    app with a column that names a user; a test fails when there is one that no holder lists.
    """

    name: str
    export: Callable[[str], Any]
    erase: Callable[[str], int]
    tables: frozenset[str]


_holders: dict[str, Holder] = {}


def register(
    name: str, *, export: Callable[[str], Any], erase: Callable[[str], int], tables: Iterable[str] = ()
) -> None:
    """Add an app. Registering a name again with other functions raises ValueError: one of them would be forgotten."""
    holder = Holder(name, export, erase, frozenset(tables))
    if _holders.setdefault(name, holder) != holder:
        raise ValueError(f"{name} is registered already")


def tables() -> frozenset[str]:
    """Every table that some holder exports and erases."""
    return frozenset().union(*(holder.tables for holder in _holders.values()))


def export(user_id: str) -> dict[str, Any]:
    """Everything held about a user, by app name; values as the holders gave them."""
    return {name: holder.export(user_id) for name, holder in _holders.items()}


def stream(user_id: str) -> Iterator[str]:
    """The same as JSON text in pieces, each holder asked when its turn comes."""
    yield "{"
    for number, (name, holder) in enumerate(_holders.items()):
        yield f"{',' if number else ''}{json.dumps(name)}:"
        yield from _written(holder.export(user_id))
    yield "}"


def _written(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for number, (key, item) in enumerate(value.items()):
            yield f"{',' if number else ''}{json.dumps(str(key), ensure_ascii=False)}:"
            yield from _written(item)
        yield "}"
    elif isinstance(value, Iterator):
        yield "["
        for number, item in enumerate(value):
            yield "," if number else ""
            yield from _written(item)
        yield "]"
    else:
        yield json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)


def erase(user_id: str) -> dict[str, int]:
    """Erase everywhere; rows erased by app name. Call inside one transaction, so that it is all or nothing."""
    return {name: holder.erase(user_id) for name, holder in _holders.items()}
