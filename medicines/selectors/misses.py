"""What people searched for in vain, as the curators' list has it."""

from dataclasses import dataclass
from datetime import date

from medicines.models import SearchMiss


@dataclass(frozen=True, slots=True)
class Missed:
    """A query that five addresses asked in the week from `week`; `settled`: a curator has dealt with it."""

    query: str
    addresses: int
    week: date
    settled: bool


def most_missed(*, limit: int) -> list[Missed]:
    """The newest week's most asked first: one statement, read off idx_search_miss_list."""
    rows = SearchMiss.objects.order_by("-week", "-addresses", "id")[:limit]
    return [Missed(row.query, row.addresses, row.week, row.settled_at is not None) for row in rows]
