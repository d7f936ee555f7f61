"""Loading a catalogue file: rows to records, in batches, with what was refused and on which line."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from medicines import dump_files
from medicines.dump_files import Kind, Line
from medicines.records import Ingredient, Record, Refusal, Tally
from medicines.selectors import tiers
from medicines.services import catalogue
from medicines.wire import parse_row

BATCH = 500


def load_file(*, path: Path, kind: Kind, progress: Callable[[int], object]) -> Tally:
    """Store the good rows of one file and tell the caches; `progress` gets the bytes read so far after each batch."""
    tally, seen = Tally(), dict[str, int]()
    with path.open("rb") as raw:
        lines = dump_files.rows(path, raw)
        while batch := list(islice(lines, BATCH)):
            made = list(_made(batch, kind, seen, tally))
            tally.add_changed(_store(made))
            progress(raw.tell())
    tiers.catalogue_changed(tally.item_seqs)
    return tally


def _made(batch: list[Line], kind: Kind, seen: dict[str, int], tally: Tally) -> Iterator[Record | Ingredient]:
    for number, row in batch:
        made = row if isinstance(row, Refusal) else parse_row(row, kind.model)
        if made is None:
            tally.add_batch(1, 1, ())
        elif isinstance(made, Refusal):
            tally.add_batch(1, 0, [Refusal(f"line {number}", made.reason)])
        elif (first := seen.setdefault(made.key, number)) != number:
            tally.add_batch(1, 0, [Refusal(f"line {number}", f"{made.key} is on line {first} already")])
        else:
            tally.add_batch(1, 0, ())
            yield made


def _store(made: list[Record | Ingredient]) -> frozenset[str]:
    ingredients = [row for row in made if isinstance(row, Ingredient)]
    records = [row for row in made if isinstance(row, Record)]
    return catalogue.upsert_many(items=records) | catalogue.upsert_ingredients(items=ingredients)
