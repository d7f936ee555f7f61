"""`sync_pharmacies`: the nightly copy of the national list and of the public holidays, by hand."""

from argparse import ArgumentParser
from math import ceil
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.errors import VendorError
from core.mirroring import MirrorBusy, MirrorStopped
from pharmacies.client import PAGE_ROWS
from pharmacies.models import PharmacyRun
from pharmacies.services import mirror
from pharmacies.services.holidays import sync_holidays


class Command(BaseCommand):
    help = "Copy the national list of pharmacies and the public holidays; goes on where it was cut off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--restart", action="store_true", help="begin at the first page")

    def handle(self, *_: object, restart: bool, **__: Any) -> None:
        """Exit status 1 when either could not be read to its end, or another sync is running."""
        failures = [failure for failure in (self._holidays(), self._pharmacies(restart)) if failure]
        if failures:
            raise CommandError("\n".join(failures), returncode=1)

    def _holidays(self) -> str:
        try:
            self.stdout.write(f"{sync_holidays()} holidays.")
        except VendorError as error:
            return f"Holidays could not be read: {error}."
        return ""

    def _pharmacies(self, restart: bool) -> str:
        try:
            run = self._to_the_end(restart)
        except MirrorBusy:
            return "Another sync is running."
        except MirrorStopped as stopped:
            run = PharmacyRun.objects.latest("id")
            return f"Stopped at page {run.next_page}: {stopped}. Run it again to go on."
        self._report(run)
        failed = ", ".join(str(page["page"]) for page in run.failed_pages)
        return f"Pages {failed} could not be read." if failed else ""

    def _to_the_end(self, restart: bool) -> PharmacyRun:
        with tqdm(desc="pharmacies", unit="page") as bar:

            def show(run: PharmacyRun) -> None:
                bar.total = ceil(run.total_count / PAGE_ROWS)
                bar.update(run.next_page - 1 - bar.n)

            chunk = mirror.run_chunk(restart=restart, on_page=show)
            while not chunk.done:
                chunk = mirror.run_chunk(on_page=show)
        return chunk.run

    def _report(self, run: PharmacyRun) -> None:
        self.stdout.write(
            f"{run.state}: {run.rows_read} of {run.total_count} read, {run.rows_changed} changed, "
            f"{run.rows_refused} refused, {run.rows_vanished} closed down"
        )
        for refusal in run.refusals:
            self.stderr.write(f"{refusal['where']}: {refusal['reason']}")
