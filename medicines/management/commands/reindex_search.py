"""`reindex_search`: the search columns by today's rules."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from medicines.models import Medicine
from medicines.services import reindex
from medicines.services.reindex import Batch, ReindexBusy


class Command(BaseCommand):
    help = "Derive the search columns anew when the rules of search changed; goes on where it was cut off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--restart", action="store_true", help="from the first product, changed rules or not")

    def handle(self, *_: object, restart: bool, **__: Any) -> None:
        """Exit status 1 when another process is at it."""
        if not restart and not reindex.is_outdated():
            self.stdout.write("The search columns are up to date.")
            return
        batches: list[Batch] = []
        with tqdm(desc="products", total=Medicine.objects.count(), unit="") as bar:

            def show(batch: Batch) -> None:
                batches.append(batch)
                bar.update(batch.read)

            self._run(restart, show)
        read, changed = sum(batch.read for batch in batches), sum(batch.changed for batch in batches)
        self.stdout.write(f"{read} products read, {changed} changed.")

    @staticmethod
    def _run(restart: bool, show: reindex.OnBatch) -> None:
        try:
            reindex.run(restart=restart, on_batch=show)
        except ReindexBusy:
            raise CommandError("Another process is reindexing.", returncode=1) from None
