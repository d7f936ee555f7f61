"""`manage.py summarize_popular [--limit N]`: make the summaries of the most searched medicines before anybody asks."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from medicines.selectors.label_text import most_popular
from summaries import services

DEFAULT_LIMIT = 100
# Failures in a row after which the vendor is taken to be away.
TOO_MANY = 5


class Command(BaseCommand):
    help = "Make the summaries of the most searched medicines, one call each; those that are up to date cost nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help="how many medicines, most searched first")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        if not services.can_generate():
            raise CommandError("No model can be asked: OPENAI_API_KEY is empty, or the vendor failed a moment ago.")
        outcomes: Counter[str] = Counter()
        failed = 0
        for item_seq in tqdm(most_popular(limit=options["limit"]), unit="medicine"):
            outcome = services.generate_now(item_seq=item_seq)
            outcomes[outcome] += 1
            failed = failed + 1 if outcome == "failed" else 0
            if failed >= TOO_MANY:
                break
        self.stdout.write(", ".join(f"{outcomes[name]} {name}" for name in ("done", "skipped", "failed")))
        if failed >= TOO_MANY:
            raise CommandError(
                "Stopped: the model failed too often in a row. Run it again later; it goes on where it was."
            )
