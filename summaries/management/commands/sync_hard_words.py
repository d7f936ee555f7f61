from typing import Any

from django.core.management.base import BaseCommand

from summaries import word_table


class Command(BaseCommand):
    help = "Bring summaries/data/hard_words.tsv into the table of hard words; what people changed there stays."

    def handle(self, *args: Any, **options: Any) -> None:
        new, moved = word_table.sync()
        self.stdout.write(f"{new} new, {moved} changed")
