"""Cards: a medicine as lists show it, as the JSON bytes that every tier keeps and every answer is put together from."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.prepared import fetch_all
from medicines.models import Medicine, MedicineCache

_SENTENCE_END = re.compile(r"(?<=[다요음함됨])\.(?!\d)|\n")
_BRIEF = 160
_READ = 600
_MEDICINE = ("item_seq", "name", "entp_name", "etc_otc", "status", "ingredients", "image_url", "coverage")
_LABEL = ("efcy_summary", "summary_kind", "item_image")
_FIELDS = (*_MEDICINE, *_LABEL, "efficacy")
# Every first search asks it, and Django takes longer to write such a statement than PostgreSQL to answer it.
_CARDS = f"""
SELECT {", ".join(f"m.{name}" for name in _MEDICINE)}, {", ".join(f"l.{name}" for name in _LABEL)},
       left(l.efficacy, {_READ})
FROM medicine m LEFT JOIN medicine_cache l ON l.medicine_id = m.id
WHERE m.item_seq = ANY(%s::text[]) ORDER BY l.source"""


def load_cards(*, item_seqs: Iterable[str]) -> dict[str, bytes]:
    """item_seq → card as a JSON object in UTF-8, without `match`. One query; unknown ones are left out."""
    cards: dict[str, bytes] = {}
    wanted = list(item_seqs)
    for row in fetch_all(_CARDS, [wanted]) if wanted else ():
        # The label people can read best stands first: "easy" before "permit".
        cards.setdefault(row[0], encode(_card(dict(zip(_FIELDS, row, strict=True)))))
    return cards


def names_of(*, item_seqs: Iterable[str]) -> dict[str, str]:
    """item_seq → the product's name, withdrawn ones too. One query; unknown ones are left out."""
    return dict(Medicine.objects.filter(item_seq__in=item_seqs).values_list("item_seq", "name"))


def card_of(medicine: Medicine, label: MedicineCache | None) -> dict[str, Any]:
    """The fields of a card (api.md, "card") from the rows of a medicine and of its label."""
    values = {name: getattr(medicine, name) for name in _MEDICINE}
    return _card(values | {name: getattr(label, name, None) for name in (*_LABEL, "efficacy")})


def _card(row: Mapping[str, Any]) -> dict[str, Any]:
    stored = (row["efcy_summary"], row["summary_kind"])
    summary, kind = stored if stored[0] else extract((row["efficacy"] or "")[:_READ])
    return {
        "item_seq": row["item_seq"],
        "item_name": row["name"],
        "entp_name": row["entp_name"],
        "etc_otc": row["etc_otc"],
        "status": row["status"],
        "ingredients": row["ingredients"],
        "efcy_summary": summary,
        "summary_kind": kind,
        "item_image": row["item_image"] or row["image_url"] or None,
        "coverage": row["coverage"],
    }


def extract(efficacy: str) -> tuple[str, str | None]:
    """The first sentence of the official efficacy text and its kind: what a card says until a summary is stored."""
    first = next(filter(None, map(str.strip, _SENTENCE_END.split(efficacy))), "")
    if not first:
        return "", None
    ended = first + "." if first + "." in efficacy else first
    return (ended if len(ended) <= _BRIEF else ended[:_BRIEF].rstrip() + "…"), "extractive"


def encode(value: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8; a lone surrogate, which PostgreSQL cannot hold anyway, is escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
