"""The names most searched for: what people see before they type, and what is warmed."""

from dataclasses import dataclass

from django.db import connections
from django.utils import timezone

from core import replica
from core.pagination import envelope
from medicines.selectors import tiers
from medicines.selectors.cards import encode

MIN_ADDRESSES = 5
WINDOW_DAYS = 7
MAX_NAMES = 50
_SECONDS = 300

# A brand of the window with enough addresses, and the product of it that a search shows first.
_SQL = """
WITH searched AS (
    SELECT c.name, sum(c.addresses * 0.9 ^ (%(today)s::date - c.day)) AS score
    FROM medicine_search_count c WHERE c.day > %(today)s::date - %(days)s
    GROUP BY c.name HAVING max(c.week_addresses) >= %(addresses)s
)
SELECT s.name, m.item_seq
FROM searched s CROSS JOIN LATERAL (
    SELECT p.item_seq FROM medicine p WHERE p.brand_name = s.name
    ORDER BY p.status = 'withdrawn', p.export_only, length(p.name), p.id LIMIT 1
) m
ORDER BY s.score DESC, s.name LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class PopularName:
    """A brand, as the catalogue spells it, and the item_seq of one of its products."""

    text: str
    item_seq: str


def popular_names(*, limit: int = MAX_NAMES) -> list[PopularName]:
    """Searched for from at least five addresses within a week, most searched first."""
    with connections[replica.alias()].cursor() as cursor:
        # The connection's own day is that of UTC, nine hours behind.
        today = timezone.localdate()
        cursor.execute(_SQL, {"today": today, "days": WINDOW_DAYS, "addresses": MIN_ADDRESSES, "limit": limit})
        return [PopularName(text, item_seq) for text, item_seq in cursor.fetchall()]


def popular(*, limit: int) -> tuple[bytes, str]:
    """The answer of the endpoint as JSON bytes, and its tier."""
    found, tier = tiers.read_items("popular:", [str(limit)], _load, seconds=_SECONDS)
    return found[str(limit)], tier


def _load(limits: list[str]) -> dict[str, bytes]:
    return replica.read(lambda: {limit: _body(popular_names(limit=int(limit))) for limit in limits})


def _body(names: list[PopularName]) -> bytes:
    results = [{"text": name.text, "item_seq": name.item_seq} for name in names]
    return encode(envelope(results))
