"""Loading a catalogue file: rows to records, in batches, with what was refused and on which line."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from core import row_files
from core.row_files import Line
from medicines.dump_files import Kind
from medicines.records import Ingredient, Record, Refusal, Tally
from medicines.selectors import tiers
from medicines.services import catalogue
from medicines.wire import parse_row

BATCH = 500


def load_file(
    *, path: Path, kind: Kind, progress: Callable[[int], object], refused: Callable[[Refusal], object]
) -> Tally:
    """Store the good rows of one file and tell the caches.

    `progress` gets the bytes read so far after each batch, `refused` each row that was not taken, with its line.
    """
    tally, seen = Tally(), dict[str, int]()
    with path.open("rb") as raw:
        lines = row_files.rows(path, raw)
        while batch := list(islice(lines, BATCH)):
            good, bad = _sorted(batch, kind, seen)
            for refusal in bad:
                refused(refusal)
            tally.read += len(batch)
            tally.refused += len(bad)
            tally.skipped += len(batch) - len(good) - len(bad)
            tally.add_changed(_store(good))
            progress(raw.tell())
    tiers.catalogue_changed(tally.item_seqs)
    return tally


def _sorted(batch: list[Line], kind: Kind, seen: dict[str, int]) -> tuple[list[Record | Ingredient], list[Refusal]]:
    """Rows to store, and those refused; what is in neither is skipped by rule (no item_seq)."""
    good, bad = list[Record | Ingredient](), list[Refusal]()
    for number, row in batch:
        made = row if isinstance(row, Refusal) else parse_row(row, kind.model)
        if isinstance(made, Refusal):
            bad.append(Refusal(f"line {number}", made.reason))
        elif made and (first := seen.setdefault(made.key, number)) != number:
            bad.append(Refusal(f"line {number}", f"{made.key} is on line {first} already"))
        elif made:
            good.append(made)
    return good, bad


def _store(made: list[Record | Ingredient]) -> frozenset[str]:
    ingredients = [row for row in made if isinstance(row, Ingredient)]
    records = [row for row in made if isinstance(row, Record)]
    return catalogue.upsert_many(items=records) | catalogue.upsert_ingredients(items=ingredients)
