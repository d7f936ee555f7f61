"""How export and erasure of a person's data reach every app: each registers two functions in its `AppConfig.ready`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Holder:
    """An app that holds personal data. `export(user_id)` gives JSON-ready values, `erase(user_id)` a row count."""

    name: str
    export: Callable[[str], Any]
    erase: Callable[[str], int]


_holders: dict[str, Holder] = {}


def register(name: str, *, export: Callable[[str], Any], erase: Callable[[str], int]) -> None:
    """Add an app. Registering a name again with other functions raises ValueError: one of them would be forgotten."""
    holder = Holder(name, export, erase)
    if _holders.setdefault(name, holder) != holder:
        raise ValueError(f"{name} is registered already")


def export(user_id: str) -> dict[str, Any]:
    """Everything held about a user, by app name."""
    return {name: holder.export(user_id) for name, holder in _holders.items()}


def erase(user_id: str) -> dict[str, int]:
    """Erase everywhere; rows erased by app name. Call inside one transaction, so that it is all or nothing."""
    return {name: holder.erase(user_id) for name, holder in _holders.items()}
