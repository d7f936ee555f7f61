"""`warm_cache`: put the most popular names and their cards into Redis."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medicines.services.warming import warm


class Command(BaseCommand):
    help = "Warm the caches with the names most searched for and the cards they show."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=50, help="how many names (50)")

    def handle(self, *_: object, limit: int, **__: Any) -> None:
        if limit < 1:
            raise CommandError("--limit must be at least 1.")
        warmed = warm(limit=limit)
        self.stdout.write(f"{warmed.lists} lists and {warmed.cards} cards warmed.")
