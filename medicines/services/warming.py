"""Filling Redis ahead of people: the curated words, the lists and cards of the names most searched for."""

from dataclasses import dataclass

from core.errors import InvalidQuery
from medicines.selectors import dictionary, tiers
from medicines.selectors.cards import load_cards
from medicines.selectors.lists import RankedList, parsed
from medicines.selectors.lists import warm as warm_list
from medicines.selectors.popular import popular_names

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Warmed:
    """How many lists and cards were put into Redis."""

    lists: int
    cards: int


def warm(*, limit: int = 50) -> Warmed:
    """Ask the database anew for the `limit` most popular names and for the cards of their first pages."""
    dictionary.load()
    found = [ranked for name in popular_names(limit=limit) if (ranked := _search(name.text))]
    item_seqs = {item_seq for ranked in found for item_seq, _ in ranked.hits(0, _PAGE)}
    cards = load_cards(item_seqs=item_seqs)
    tiers.write_items(tiers.CARD, cards)
    return Warmed(len(found), len(cards))


def _search(name: str) -> RankedList | None:
    try:
        return warm_list(parsed(name))
    except InvalidQuery:
        return None  # longer than a query may be
