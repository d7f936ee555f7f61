"""A person's scraps, newest first, by keyset: pages do not shift when one is added."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from core.errors import NotFound, invalid
from core.pagination import read_cursor, sign_cursor
from medicines.models import Scrap
from medicines.selectors.cards import load_cards

# Which way a cursor reads: to older scraps, or back to newer ones.
_OLDER, _NEWER = "scrap-older", "scrap-newer"
MISSING = "그런 스크랩이 없어요."


@dataclass(frozen=True, slots=True)
class ScrapPage:
    results: Sequence[dict[str, Any]]
    next: str | None
    previous: str | None


def get_scrap(*, user_id: UUID, id_: int) -> Scrap:
    """Raises NotFound, for others' scraps too."""
    scrap = Scrap.objects.filter(pk=id_, user_id=user_id).first()
    if scrap is None:
        raise NotFound(MISSING)
    return scrap


def scraps(*, user_id: UUID, category: str | None, cursor: str, limit: int) -> ScrapPage:
    """Two queries: the page, and its cards. Raises InvalidQuery for a cursor that we did not sign."""
    way, place = read_cursor(cursor) if cursor else (_OLDER, 0)
    if way not in (_OLDER, _NEWER):
        raise invalid("cursor", "signature", "이어 보기 값이 올바르지 않아요. 처음부터 다시 불러와 주세요.")
    rows, more = _page(user_id, category, way, place, limit)
    older = bool(rows) and (more if way == _OLDER else True)
    newer = bool(rows) and bool(place) and (more if way == _NEWER else True)
    return ScrapPage(
        as_dicts(rows),
        sign_cursor(_OLDER, rows[-1].pk) if older else None,
        sign_cursor(_NEWER, rows[0].pk) if newer else None,
    )


def scrap_of(*, user_id: UUID, item_seq: str) -> int | None:
    """The id of the newest scrap that a person has of this product. One query."""
    mine = Scrap.objects.filter(user_id=user_id, item_seq=item_seq)
    return mine.order_by("-pk").values_list("pk", flat=True).first()


def as_dicts(rows: Sequence[Scrap]) -> list[dict[str, Any]]:
    """With the cards of those that the catalogue still has; one query."""
    cards = load_cards(item_seqs={row.item_seq for row in rows if row.item_seq})
    return [_as_dict(row, cards.get(row.item_seq)) for row in rows]


def _page(user_id: UUID, category: str | None, way: str, place: int, limit: int) -> tuple[list[Scrap], bool]:
    """Newest first, and whether there are more that way."""
    mine = Scrap.objects.filter(user_id=user_id)
    if category is not None:
        mine = mine.filter(category=category)
    if way == _NEWER:
        rows = list(mine.filter(pk__gt=place).order_by("pk")[: limit + 1])
        return rows[:limit][::-1], len(rows) > limit
    rows = list((mine.filter(pk__lt=place) if place else mine).order_by("-pk")[: limit + 1])
    return rows[:limit], len(rows) > limit


def _as_dict(row: Scrap, card: bytes | None) -> dict[str, Any]:
    return {
        "id": row.pk,
        "item_seq": row.item_seq or None,
        "medicine_name": row.medicine_name,
        "category": row.category,
        "notes": row.notes,
        "created_at": row.created_at.isoformat(),
        "medicine": json.loads(card) if card else None,
    }
