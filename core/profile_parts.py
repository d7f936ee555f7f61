"""What other apps keep in `/api/v1/me`: accounts may not import them, so each registers its part when it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Part:
    """A member of the profile. `shape` and `given`: serializer classes of the answer and of the input.

    `write` runs in the transaction that changes the profile, under the lock of the user's row.
    """

    shape: type[Any]
    given: type[Any]
    read: Callable[[UUID], Mapping[str, Any]]
    write: Callable[[UUID, Mapping[str, Any]], None]


_parts: dict[str, Part] = {}


def register(name: str, part: Part) -> None:
    """Add a part. Registering a name again with another one raises ValueError."""
    if _parts.setdefault(name, part) != part:
        raise ValueError(f"{name} is registered already")


def parts() -> Mapping[str, Part]:
    return _parts


def read(user_id: UUID) -> dict[str, Mapping[str, Any]]:
    """What every part holds of a user, by name."""
    return {name: part.read(user_id) for name, part in _parts.items()}
