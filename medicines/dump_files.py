"""Which files hold a catalogue, and what is in each. Pure; used by load_catalogue."""

from dataclasses import dataclass
from pathlib import Path

from core.row_files import Refusal, rows
from medicines.records import Ingredient, Record
from medicines.wire import (
    EasyItem,
    IngredientItem,
    IngredientListRow,
    PermitDetail,
    PermitItem,
    PermitNamesRow,
    RowModel,
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file holds, told by the keys of its rows. `order`: products before what is said of them."""

    name: str
    keys: frozenset[str]
    model: type[RowModel[Record | Ingredient]]
    order: int


KINDS = (
    Kind("permit detail", frozenset({"ITEM_SEQ", "EE_DOC_DATA"}), PermitDetail, 3),
    Kind("ingredients", frozenset({"ITEM_SEQ", "MTRAL_NM"}), IngredientItem, 5),
    Kind("permit list", frozenset({"ITEM_SEQ", "ITEM_NAME"}), PermitItem, 1),
    Kind("easydrug", frozenset({"itemSeq", "efcyQesitm"}), EasyItem, 2),
    Kind("permit names", frozenset({"item_seq", "item_name", "entp_name", "main_ingr"}), PermitNamesRow, 1),
    Kind("ingredient names", frozenset({"itemSeq", "main_ingr"}), IngredientListRow, 4),
)
KNOWN_FILES = (
    "permit.jsonl",
    "permit_names.csv",
    "easydrug.jsonl",
    "permit_detail.jsonl",
    "easydrug_ingr.csv",
    "ingredients.jsonl",
)


class UnknownFileError(ValueError):
    """A file that cannot be read, or none of whose rows is of a known kind; `refused`: how many of them are broken."""

    def __init__(self, text: str, refused: int = 0) -> None:
        super().__init__(text)
        self.refused = refused


def known_files(path: Path) -> list[Path]:
    """The file itself; of a folder, the catalogue files in it (other data may lie beside them)."""
    if not path.is_dir():
        return [path]
    wished = (path / f"{name}{ending}" for name in KNOWN_FILES for ending in ("", ".gz"))
    return [file for file in wished if file.is_file()]


def detect(path: Path) -> Kind:
    """The kind of rows, told by the first row that shows one. Raises UnknownFileError."""
    broken, first = 0, ""
    try:
        with path.open("rb") as raw:
            for number, row in rows(path, raw):
                if (kind := _kind(row)) is not None:
                    return kind
                if isinstance(row, Refusal):
                    broken, first = broken + 1, first or f"line {number}: {row.reason}"
    except OSError as error:
        raise UnknownFileError(f"{path}: {error.strerror or error}") from error
    known = ", ".join(kind.name for kind in KINDS)
    why = f"; {broken} broken, the first is {first}" if broken else ""
    raise UnknownFileError(f"{path}: no rows of a known kind ({known}){why}", refused=broken)


def _kind(row: object) -> Kind | None:
    return next((kind for kind in KINDS if isinstance(row, dict) and kind.keys <= row.keys()), None)
