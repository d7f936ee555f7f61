"""`sync_medicines`: the nightly mirror by hand."""

from argparse import ArgumentParser
from math import ceil
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from medicines.client import PAGE_ROWS
from medicines.models import MirrorRun
from medicines.services import mirror, search_index
from medicines.services.mirror import MirrorBusy, MirrorStopped, Step

_GROUPS = {"easy": ("easy",), "permit": ("permit", "ingredients"), "all": mirror.SOURCES}
_COLUMNS = "{:<12} {:<11} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>6}"


class Command(BaseCommand):
    help = "Mirror e약은요, the permit list and its ingredients from data.go.kr; goes on where it was cut off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", choices=sorted(_GROUPS), default="all")
        parser.add_argument("--restart", action="store_true", help="begin at the first page")

    def handle(self, *_: object, source: str, restart: bool, **__: Any) -> None:
        """Exit status 1 when a source could not be read to its end, or another sync is running."""
        ended = [self._mirror(name, restart=restart) for name in _GROUPS[source]]
        search_index.rebuild_brands()
        search_index.rebuild_terms()
        self._report([run for run, _ in ended])
        if failures := [failure for _, failure in ended if failure]:
            raise CommandError("\n".join(failures), returncode=1)

    def _mirror(self, source: str, *, restart: bool) -> tuple[MirrorRun, str]:
        with tqdm(desc=source, unit="page") as bar:

            def show(run: MirrorRun, step: Step) -> None:
                bar.total = ceil(run.total_count / PAGE_ROWS)
                bar.update(step.page - bar.n)

            return self._to_the_end(source, restart, show)

    def _to_the_end(self, source: str, restart: bool, show: Any) -> tuple[MirrorRun, str]:
        try:
            chunk = mirror.run_chunk(source=source, restart=restart, on_page=show)
            while not chunk.done:
                chunk = mirror.run_chunk(source=source, on_page=show)
        except MirrorBusy:
            raise CommandError(f"{source}: another sync is running.", returncode=1) from None
        except MirrorStopped as stopped:
            run = MirrorRun.objects.filter(source=source).latest("id")
            return run, f"{source}: stopped at page {run.next_page}: {stopped}. Run it again to go on."
        failed = ", ".join(str(page["page"]) for page in chunk.run.failed_pages)
        return chunk.run, f"{source}: pages {failed} could not be read." if failed else ""

    def _report(self, runs: list[MirrorRun]) -> None:
        head = ("source", "state", "total", "read", "changed", "skipped", "refused", "vanished", "failed")
        self.stdout.write(_COLUMNS.format(*head))
        for run in runs:
            counts = (run.total_count, run.rows_read, run.rows_changed, run.rows_skipped, run.rows_refused)
            self.stdout.write(_COLUMNS.format(run.source, run.state, *counts, run.rows_vanished, len(run.failed_pages)))
        for run in runs:
            for refusal in run.refusals:
                self.stderr.write(f"{run.source} {refusal['where']}: {refusal['reason']}")
