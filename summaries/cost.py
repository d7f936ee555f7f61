"""A month of the model in figures: what it cost, what was asked, what caching saved. Reads only; for cost_report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from summaries import ledger
from summaries.ledger_models import ModelCall, SummaryReads
from summaries.reads import TIERS


@dataclass(frozen=True, slots=True)
class Group:
    """Calls of one purpose, outcome and model."""

    purpose: str
    outcome: str
    model: str
    calls: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_micros: int


@dataclass(frozen=True, slots=True)
class Month:
    """`reads`: by tier, in the order of summaries.reads.TIERS. `mean_micros`: of calls that cost something."""

    month: str
    groups: Sequence[Group]
    reads: dict[str, int]
    cost_micros: int
    mean_micros: float
    guessed: int
    unpriced: int
    budget_micros: int

    @property
    def calls(self) -> int:
        return sum(group.calls for group in self.groups)

    @property
    def readers(self) -> int:
        return sum(self.reads.values())

    @property
    def saved(self) -> int:
        """Reads that needed no call."""
        return self.readers - self.reads["generated"]

    @property
    def per_thousand_micros(self) -> float:
        return 1_000 * self.cost_micros / self.readers if self.readers else 0.0

    @property
    def uncached_micros(self) -> float:
        """Every reader one call at the month's mean cost."""
        return self.readers * self.mean_micros


def month(name: str) -> Month:
    """The month "YYYY-MM" (Asia/Seoul). Raises ValueError for anything else."""
    first = date.fromisoformat(f"{name}-01")
    after = (first + timedelta(days=31)).replace(day=1)
    calls = ModelCall.objects.filter(at__gte=_midnight(first), at__lt=_midnight(after))
    sums = calls.aggregate(
        cost=Sum("cost_micros"),
        paid=Count("pk", filter=Q(cost_micros__gt=0)),
        guessed=Count("pk", filter=Q(estimated=True)),
        unpriced=Count("pk", filter=Q(price_known=False)),
    )
    cost = sums["cost"] or 0
    mean = cost / sums["paid"] if sums["paid"] else 0.0
    reads = _reads(first, after)
    budget = ledger.budget_micros()
    return Month(name, _groups(calls), reads, cost, mean, sums["guessed"], sums["unpriced"], budget)


def _groups(calls: QuerySet[ModelCall]) -> list[Group]:
    summed = calls.values_list("purpose", "outcome", "model").annotate(
        Count("pk"), Sum("tokens_in"), Sum("tokens_cached"), Sum("tokens_out"), Sum("cost_micros")
    )
    return [Group(*row) for row in summed.order_by("purpose", "outcome", "model")]


def _reads(first: date, after: date) -> dict[str, int]:
    rows = SummaryReads.objects.filter(day__gte=first, day__lt=after).values("tier").annotate(reads=Sum("count"))
    counted = {row["tier"]: row["reads"] for row in rows}
    return {tier: counted.get(tier, 0) for tier in TIERS}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware right here
