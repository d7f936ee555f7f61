"""`load_catalogue FILE…`: the catalogue from files in the sources' own shapes instead of the network."""

from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from medicines import dump_files
from medicines.dump_files import Kind, UnknownFileError
from medicines.models import Medicine
from medicines.records import Refusal, Tally
from medicines.services import dump_loader, reindex, search_index
from medicines.services.reindex import ReindexBusy

# Exit statuses: good rows are stored all the same / nothing was.
_ROWS_REFUSED, _UNUSABLE = 1, 2


class Command(BaseCommand):
    help = (
        "Load products, labels and ingredients from .jsonl, .json or .csv files (gzipped or not) or a folder of them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are medicines already")

    def handle(self, *_: object, files: list[Path], if_empty: bool, **__: Any) -> None:
        """Exit status 1 when a row was refused, 2 when there is no such file or it is none of a catalogue."""
        if if_empty and Medicine.objects.exists():
            self.stdout.write("There are medicines already; nothing loaded.")
            return
        with suppress(ReindexBusy):
            reindex.run()
        tallies = [self._load(path, kind) for path, kind in _ordered(files)]
        self.stdout.write("Bringing the search up to date …")
        search_index.rebuild()
        refused = sum(tally.refused for tally in tallies)
        self.stdout.write(f"{Medicine.objects.count()} medicines in the catalogue.")
        if refused:
            raise CommandError(f"{refused} rows were refused.", returncode=_ROWS_REFUSED)

    def _load(self, path: Path, kind: Kind) -> Tally:
        def tell(refusal: Refusal) -> None:
            with tqdm.external_write_mode():
                self.stderr.write(f"{path.name} {refusal.where}: {refusal.reason}")

        with tqdm(total=path.stat().st_size, desc=path.name, unit="B", unit_scale=True) as bar:
            tally = dump_loader.load_file(
                path=path, kind=kind, progress=lambda read: bar.update(read - bar.n), refused=tell
            )
        self.stdout.write(
            f"{path.name} ({kind.name}): {tally.read} read, {tally.changed} changed, "
            f"{tally.skipped} skipped (no item_seq), {tally.refused} refused"
        )
        return tally


def _ordered(paths: list[Path]) -> list[tuple[Path, Kind]]:
    """Every file with its kind, products before what is said of them; CommandError when one is unknown."""
    files = [file for path in paths for file in dump_files.known_files(path)]
    if not files:
        raise CommandError(f"No catalogue files in {', '.join(map(str, paths))}.", returncode=_UNUSABLE)
    try:
        detected = [(file, dump_files.detect(file)) for file in files]
    except UnknownFileError as error:
        raise CommandError(str(error), returncode=_ROWS_REFUSED if error.refused else _UNUSABLE) from error
    return sorted(detected, key=lambda entry: entry[1].order)
