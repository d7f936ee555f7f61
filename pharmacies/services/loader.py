"""A file of pharmacies instead of the network: the national feed's rows, or a collected list."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path

from core import row_files
from core.row_files import Refusal
from pharmacies.services.matching import match_all
from pharmacies.services.store import upsert
from pharmacies.wire import ListRow, NemcItem, RowModel, parse_rows

BATCH = 1_000
_LOOKED_AT = 1_000
_KINDS: tuple[tuple[frozenset[str], RowModel], ...] = (
    (frozenset({"hpid", "dutyName"}), NemcItem),
    (frozenset({"id", "name", "lat", "lon"}), ListRow),
)


class UnknownFileError(ValueError):
    """A file that cannot be read, or whose rows are no pharmacies."""


@dataclass(slots=True)
class Tally:
    """What a load did: `lost` rows were not taken, for one of the refusals (others are about single days)."""

    read: int = 0
    changed: int = 0
    lost: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def load_file(*, path: Path, as_of: date, progress: Callable[[int], object]) -> Tally:
    """Store the good rows and match them; `progress` gets the bytes read so far. Raises UnknownFileError."""
    model = _model(path)
    tally, seen = Tally(), set[tuple[str, str]]()
    with path.open("rb") as raw:
        lines = ((f"line {number}", row) for number, row in row_files.rows(path, raw))
        while taken := list(islice(lines, BATCH)):
            batch = parse_rows(taken, model, seen)
            tally.read += batch.read
            tally.changed += len(upsert(records=batch.rows, as_of=as_of))
            tally.lost += batch.lost
            tally.refusals += batch.refusals
            progress(raw.tell())
    match_all()
    return tally


def _model(path: Path) -> RowModel:
    """The kind of rows, as the first thousand show it."""
    try:
        with path.open("rb") as raw:
            for _, row in islice(row_files.rows(path, raw), _LOOKED_AT):
                for keys, model in _KINDS:
                    if isinstance(row, dict) and keys <= row.keys():
                        return model
    except OSError as error:
        raise UnknownFileError(f"{path}: {error.strerror or error}") from error
    raise UnknownFileError(f"{path}: no pharmacies in it")
