"""What the sources say, typed: the catalogue's input, whether it came over the wire or from a file. Plain data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from core.row_files import Refusal as Refusal
from medicines.labels import Label

Source = Literal["easy", "permit", "detail", "ingredients", "ingredient_list"]
"""e약은요, the permit list, a permit detail, the ingredients operation, a file of ingredient names by product."""


# What a column or its index can hold, with room to spare: the longest licensed name has 391 characters.
_LONGEST = {"name": 600, "name_en": 600, "entp_name": 200, "etc_otc": 40}
_LONGEST_INGREDIENT = 300


@dataclass(frozen=True, slots=True)
class Facts:
    """What one source says of one product besides its label; blank = the source does not say.

    ValueError when a value is longer than it can be.
    """

    name: str = ""
    name_en: str = ""
    entp_name: str = ""
    etc_otc: str = ""
    cancel_name: str = ""
    class_name: str = ""
    permit_date: date | None = None
    opened_on: date | None = None
    image_url: str = ""
    ingredients: tuple[str, ...] = ()
    ingredients_en: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field_name, longest in _LONGEST.items():
            _check_length(field_name, getattr(self, field_name), longest)
        for name in (*self.ingredients, *self.ingredients_en):
            _check_length("ingredient", name, _LONGEST_INGREDIENT)

    def stored(self) -> dict[str, object]:
        """As it is kept in `Medicine.source_facts`: JSON values, blank ones left out."""
        said = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: _json(value) for name, value in said if value}


@dataclass(frozen=True, slots=True)
class Record:
    """One product as one source shows it. `label` is None when the source has no text (or is no source of text)."""

    item_seq: str
    source: Source
    facts: Facts
    label: Label | None = None

    @property
    def key(self) -> str:
        return self.item_seq


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One main ingredient of one product; `position` orders and identifies it within the product.

    `amount_mg`: in one tablet, capsule or the like, when the source says so in a mass.
    """

    item_seq: str
    position: str
    name: str
    name_en: str = ""
    amount_mg: Decimal | None = None

    def __post_init__(self) -> None:
        for name in (self.name, self.name_en):
            _check_length("ingredient", name, _LONGEST_INGREDIENT)

    @property
    def key(self) -> str:
        return f"{self.item_seq} {self.position}"


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """What became of some rows of a source: taken, skipped by rule (no item_seq), refused. `read` counts them all."""

    rows: Sequence[Row] = ()
    skipped: int = 0
    refusals: Sequence[Refusal] = ()

    @property
    def read(self) -> int:
        return len(self.rows) + self.skipped + len(self.refusals)


@dataclass(slots=True)
class Tally:
    """What a load did so far; `item_seqs` are the products whose facts or label changed."""

    read: int = 0
    changed: int = 0
    skipped: int = 0
    refused: int = 0
    item_seqs: set[str] = field(default_factory=set)

    def add_changed(self, item_seqs: frozenset[str]) -> None:
        self.changed += len(item_seqs)
        self.item_seqs |= item_seqs


def _check_length(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise ValueError(f"{what} of {len(text)} characters, more than {longest}")


def _json(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
