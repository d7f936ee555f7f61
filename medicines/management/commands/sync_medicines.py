"""`sync_medicines`: the nightly mirror by hand."""

from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from math import ceil, inf
from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.mirroring import MirrorBusy, MirrorStopped
from medicines.client import PAGE_ROWS
from medicines.models import MirrorRun
from medicines.services import mirror, reindex, search_index
from medicines.services.mirror import Step
from medicines.services.reindex import ReindexBusy

_GROUPS = {"easy": ("easy",), "permit": ("permit", "ingredients"), "all": mirror.SOURCES}
_COLUMNS = "{:<12} {:<11} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>6}"


class Command(BaseCommand):
    help = "Mirror e약은요, the permit list and its ingredients from data.go.kr; goes on where it was cut off."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--source", choices=sorted(_GROUPS), default="all")
        parser.add_argument("--restart", action="store_true", help="begin at the first page")
        wait = int(mirror.LEASE_SECONDS) + 5
        parser.add_argument("--wait", type=int, default=wait, metavar="SECONDS", help=f"for another sync ({wait})")

    def handle(self, *_: object, source: str, restart: bool, wait: int, **__: Any) -> None:
        """Exit status 1 when a source could not be read to its end, or another sync is running."""
        with suppress(ReindexBusy):
            reindex.run()
        ended = [self._mirror(name, restart=restart, wait=wait) for name in _GROUPS[source]]
        self.stderr.write("Bringing the search up to date …")
        search_index.rebuild()
        self._report([run for run, _ in ended if run])
        if failures := [failure for _, failure in ended if failure]:
            raise CommandError("\n".join(failures), returncode=1)

    def _mirror(self, source: str, *, restart: bool, wait: int) -> tuple[MirrorRun | None, str]:
        """The run, and why it is not whole."""
        with tqdm(desc=source, unit="page") as bar:

            def show(run: MirrorRun, step: Step) -> None:
                bar.total = ceil(run.total_count / PAGE_ROWS)
                bar.update(step.page - bar.n)

            try:
                run = self._patiently(wait, lambda: _to_the_end(source, restart, show))
            except MirrorBusy:
                return None, f"{source}: another sync is running."
            except MirrorStopped as stopped:
                run = MirrorRun.objects.filter(source=source).latest("id")
                return run, f"{source}: stopped at page {run.next_page}: {stopped}. Run it again to go on."
        failed = "; ".join(f"{page['page']} ({page['reason']})" for page in run.failed_pages)
        return run, f"{source}: pages that could not be read: {failed}" if failed else ""

    def _patiently(self, wait: int, mirrored: Callable[[], MirrorRun]) -> MirrorRun:
        """Wait so long for another sync to end; one that was killed is no longer in the way by then."""
        ends = monotonic() + wait
        while True:
            try:
                return mirrored()
            except MirrorBusy:
                if monotonic() >= ends:
                    raise
            self.stderr.write("Another sync is running, or was killed a moment ago; waiting for it …")
            sleep(min(5, max(0, ends - monotonic())))

    def _report(self, runs: list[MirrorRun]) -> None:
        head = ("source", "state", "total", "read", "changed", "skipped", "refused", "vanished", "failed")
        self.stdout.write(_COLUMNS.format(*head))
        for run in runs:
            counts = (run.total_count, run.rows_read, run.rows_changed, run.rows_skipped, run.rows_refused)
            self.stdout.write(_COLUMNS.format(run.source, run.state, *counts, run.rows_vanished, len(run.failed_pages)))
        for run in runs:
            for refusal in run.refusals:
                self.stderr.write(f"{run.source} {refusal['where']}: {refusal['reason']}")
            if more := run.rows_refused - len(run.refusals):
                self.stderr.write(f"{run.source}: and {more} more")


def _to_the_end(source: str, restart: bool, show: Callable[[MirrorRun, Step], object]) -> MirrorRun:
    return mirror.run_chunk(source=source, seconds=inf, restart=restart, on_page=show).run
