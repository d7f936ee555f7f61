"""`manage.py cost_report [--month YYYY-MM]`: what the model cost in a month, and what caching saved."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from summaries import cost, ledger
from summaries.cost import Month

_TIERS = {
    "memory": "the process's memory",
    "redis": "Redis",
    "db": "the database",
    "generated": "a text that was still to be made",
}


class Command(BaseCommand):
    help = "Print a month's model calls, their cost, and what caching saved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", default="", help="YYYY-MM in Asia/Seoul; default: this month")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["month"] or ledger.month_of(timezone.now())
        try:
            month = cost.month(name)
        except ValueError:
            raise CommandError(f"{name!r} is no month; write it as 2026-11.") from None
        self.stdout.write("\n".join([*_calls(month), "", *_reads(month), "", *_money(month)]))


def _calls(month: Month) -> list[str]:
    rows = [
        [g.purpose, g.outcome, g.model, f"{g.calls:,}", f"{g.tokens_in:,}", f"{g.tokens_cached:,}", f"{g.tokens_out:,}",
         _usd(g.cost_micros)]
        for g in month.groups
    ]  # fmt: skip
    head = ["purpose", "outcome", "model", "calls", "tokens in", "of them cached", "tokens out", "cost"]
    return [f"Model calls in {month.month} (Asia/Seoul)", *(_table(head, rows, left=3) if rows else ["none"])]


def _reads(month: Month) -> list[str]:
    rows = [
        [_TIERS[tier], f"{count:,}", f"{100 * count / (month.readers or 1):.2f} %", f"{count if _saves(tier) else 0:,}"]
        for tier, count in month.reads.items()
    ]
    return [
        "Summaries read, by what answered",
        *_table(["answered by", "reads", "share", "calls saved"], rows, left=1),
    ]


def _saves(tier: str) -> bool:
    return tier != "generated"


def _money(month: Month) -> list[str]:
    rows = [
        ["calls", f"{month.calls:,}"],
        ["reads that needed no call", f"{month.saved:,}"],
        ["cost", _usd(month.cost_micros)],
        ["budget", _usd(month.budget_micros)],
        ["mean cost of a call that cost something", _usd(month.mean_micros)],
        ["cost per 1,000 readers", _usd(month.per_thousand_micros)],
        ["cost without caching (each reader one call)", _usd(month.uncached_micros)],
        ["calls whose tokens the vendor did not say (counted at the most)", f"{month.guessed:,}"],
        ["calls of models without a price (counted at the dearest)", f"{month.unpriced:,}"],
    ]
    return _table(["in all", ""], rows, left=1)


def _usd(micros: float) -> str:
    """Dollars, with more digits for what is less than a cent."""
    dollars = micros / ledger.MICROS
    return f"${dollars:,.2f}" if dollars >= 1 or not dollars else f"${dollars:.6f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> list[str]:
    """Columns under their heads; the first `left` to the left, figures to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def shown(line: Sequence[str]) -> str:
        cells = [c.ljust(w) if n < left else c.rjust(w) for n, (c, w) in enumerate(zip(line, widths, strict=True))]
        return "  ".join(cells).rstrip()

    return [shown(head), "  ".join("-" * width for width in widths), *map(shown, rows)]
