"""`load_pharmacies FILE…`: pharmacies from files in the feed's shape or as a list, instead of the network."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from pharmacies.models import Pharmacy
from pharmacies.services import loader
from pharmacies.services.loader import Tally, UnknownFileError

_LISTED = 1_000


class Command(BaseCommand):
    help = "Load pharmacies from .jsonl, .json, .xml or .csv files (gzipped or not)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--as-of", type=date.fromisoformat, help="the day the file tells of (default: today)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are pharmacies already")

    def handle(self, *_: object, files: list[Path], as_of: date | None, if_empty: bool, **__: Any) -> None:
        """Exit status 1 when a row was refused (the good ones are stored), 2 when a file holds no pharmacies."""
        if if_empty and Pharmacy.objects.exists():
            self.stdout.write("There are pharmacies already; nothing loaded.")
            return
        lost = sum(self._load(path, as_of or timezone.localdate()).lost for path in files)
        shown = Pharmacy.objects.filter(merged_into=None, vanished_at=None).count()
        self.stdout.write(f"{shown} pharmacies.")
        if lost:
            raise CommandError(f"{lost} rows were refused.", returncode=1)

    def _load(self, path: Path, as_of: date) -> Tally:
        try:
            with tqdm(total=path.stat().st_size, desc=path.name, unit="B", unit_scale=True) as bar:
                tally = loader.load_file(path=path, as_of=as_of, progress=lambda read: bar.update(read - bar.n))
        except (OSError, UnknownFileError) as error:
            raise CommandError(str(error), returncode=2) from error
        self.stdout.write(f"{path.name}: {tally.read} read, {tally.changed} changed, {tally.lost} refused")
        for refusal in tally.refusals[:_LISTED]:
            self.stderr.write(f"{path.name} {refusal.where}: {refusal.reason}")
        if len(tally.refusals) > _LISTED:
            self.stderr.write(f"{path.name}: and {len(tally.refusals) - _LISTED} more")
        return tally
