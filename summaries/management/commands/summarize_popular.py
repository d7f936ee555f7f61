"""`manage.py summarize_popular [--limit N | --all] [--batch]`: make summaries before anybody asks for them."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.celery_task import enqueue
from medicines.selectors.label_text import easy_labelled, most_popular
from summaries import batches, services, tasks

DEFAULT_LIMIT = 100
# Failures in a row after which the vendor is taken to be away.
TOO_MANY = 5


class Command(BaseCommand):
    help = "Make the summaries of the most searched medicines; those that are up to date cost nothing. Can be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help="how many medicines, most searched first")
        which.add_argument("--all", action="store_true", help="every medicine that has an e약은요 label")
        parser.add_argument("--batch", action="store_true", help="by the Batch endpoint: half the price, within a day")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        if not services.can_generate():
            raise CommandError(
                "No model can be asked: OPENAI_API_KEY is empty, the month's budget is spent, or the vendor failed."
            )
        item_seqs = easy_labelled() if options["all"] else most_popular(limit=options["limit"])
        if options["batch"]:
            self._batch(item_seqs)
        else:
            self._direct(item_seqs)

    def _batch(self, item_seqs: list[str]) -> None:
        """The rows are what counts: a batch whose task could not be sent is submitted by the next `tend_batches`."""
        planned = 0
        for start in tqdm(range(0, len(item_seqs), batches.LINES), unit="batch"):
            batch = batches.plan(item_seqs=item_seqs[start : start + batches.LINES])
            if batch is not None:
                planned += batch.lines.count()
                enqueue(tasks.submit_batch, batch.pk)
        self.stdout.write(f"{planned} of {len(item_seqs)} in batches; the others are up to date or beyond the budget")

    def _direct(self, item_seqs: list[str]) -> None:
        outcomes: Counter[str] = Counter()
        failed = 0
        for item_seq in tqdm(item_seqs, unit="medicine"):
            outcome = services.generate_now(item_seq=item_seq)
            outcomes[outcome] += 1
            failed = failed + 1 if outcome == "failed" else 0
            if failed >= TOO_MANY or (outcome == "skipped" and not services.can_generate()):
                break
        self.stdout.write(", ".join(f"{outcomes[name]} {name}" for name in ("done", "skipped", "failed")))
        if failed >= TOO_MANY:
            raise CommandError(
                "Stopped: the model failed too often in a row. Run it again later; it goes on where it was."
            )
