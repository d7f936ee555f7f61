"""What plans need to know of a person: zone, meal times and the number under which they last changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from accounts.selectors import profiles
from schedules.rules import zone_of


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    zone: ZoneInfo
    prefs_version: int
    meals: Mapping[str, str]


def person(user_id: UUID) -> Person:
    """Raises KeyError when there is no such user (any more)."""
    return people([user_id])[user_id]


def people(user_ids: Iterable[UUID | str]) -> dict[UUID, Person]:
    """One query for any number; those who are gone are left out."""
    return {
        id_: Person(id_, zone_of(profile.time_zone), profile.prefs_version, profile.meal_times)
        for id_, profile in profiles(user_ids).items()
    }
