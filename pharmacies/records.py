"""What the sources say of a pharmacy, typed: plain data between clients, files and services."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from core.row_files import Refusal as Refusal
from pharmacies.hours import NO_HOURS, Week

Source = Literal["nemc", "hira", "kakao"]


@dataclass(frozen=True, slots=True)
class Record:
    """One pharmacy as one source shows it. `problems`: what of its hours could not be read."""

    source: Source
    source_id: str
    name: str
    address: str
    phone: str
    lat: float
    lng: float
    week: Week = NO_HOURS
    problems: Sequence[str] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.source_id


@dataclass(frozen=True, slots=True)
class Holiday:
    """One day of the official feed."""

    day: date
    name: str
    is_holiday: bool


@dataclass(slots=True)
class Batch:
    """What became of some rows: taken, or not with why (also days whose hours are unreadable).

    `placeless`: skipped by rule, as one without coordinates cannot be near anybody; counted and listed, but no fault.
    """

    rows: list[Record] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    read: int = 0
    placeless: int = 0

    @property
    def lost(self) -> int:
        """Rows that were not taken though they say where they are."""
        return self.read - self.placeless - len(self.rows)
