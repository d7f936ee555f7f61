"""The peer's search: one statement for names and terms, a second when that finds nothing, and a page's JSON."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from medicines.search.keys import to_keys
from medicines.search.query import Query

Rows: TypeAlias = "Sequence[asyncpg.Record]"
_SEOUL = ZoneInfo("Asia/Seoul")
# As in the product: two syllables have at least four keys, and a trigram needs three.
_SHORTEST_SUBSTRING = 4
_CANDIDATES = 1_000
_BRIEF = 160
_SENTENCE_END = re.compile(r"(?<=[다요음함됨])\.(?!\d)|\n")
_KINDS = (
    ("exact", "item_name", 1.0), ("prefix", "item_name", 0.9), ("prefix", "item_eng_name", 0.89),
    ("substring", "item_name", 0.8), ("initials", "item_name", 0.7), ("ingredient", "ingredients", 0.6),
    ("company", "entp_name", 0.5), ("symptom", "efficacy", 0.4), ("symptom", "efficacy", 0.35),
    ("fuzzy", "item_name", 0.3),
)  # fmt: skip
_NAME_TIERS = frozenset((0, 1, 2, 3, 4, 9))
_FUZZY = 9

# A page of what `hit` has, as cards: ranked first, so that only the page's labels are read.
_PAGE = f"""
SELECT p.*, l.efcy_summary, l.summary_kind, l.item_image, left(l.efficacy, 600) AS efficacy FROM (
    SELECT m.id, m.item_seq, m.name, m.entp_name, m.etc_otc, m.status, m.ingredients, m.image_url, m.coverage,
           best.tier, m.brand_name,
           row_number() OVER (ORDER BY best.tier = {_FUZZY}, $2 <> '' AND NOT m.strengths @> ARRAY[$2], best.tier,
               m.status = 'withdrawn' OR m.export_only, m.popularity DESC, m.opened_on NULLS LAST,
               length(m.name_norm), m.item_seq) AS place
    FROM (SELECT id, min(tier) AS tier FROM hit GROUP BY id) best JOIN medicine m ON m.id = best.id
    ORDER BY place LIMIT $3 OFFSET $4
) p LEFT JOIN LATERAL (
    SELECT efcy_summary, summary_kind, item_image, efficacy FROM medicine_cache WHERE medicine_id = p.id
    ORDER BY source LIMIT 1
) l ON true ORDER BY p.place"""

_TERM = """SELECT unnest(medicine_ids) AS id,
                  CASE kind WHEN 'ingredient' THEN 5 WHEN 'company' THEN 6 ELSE 7 END AS tier
           FROM medicine_term WHERE (kind, keys) IN (('ingredient', $8), ('company', $9), ('symptom', $10))"""
BY_NAME = f"""
WITH hit AS (
    (SELECT id, 0 AS tier FROM medicine WHERE brand_name = $1 OR name_keys LIKE $5 LIMIT {_CANDIDATES})
    UNION ALL (SELECT id, 1 FROM medicine WHERE name_keys LIKE $6 LIMIT {_CANDIDATES})
    UNION ALL (SELECT id, 3 FROM medicine WHERE name_keys LIKE $7 LIMIT {_CANDIDATES})
    UNION ALL {_TERM}
    UNION ALL (SELECT id, 2 FROM medicine WHERE name_en_keys LIKE $11 LIMIT {_CANDIDATES})
) {_PAGE}"""
BY_INITIALS = f"""
WITH hit AS (SELECT id, 4 AS tier FROM medicine WHERE name_initials LIKE $1 LIMIT {_CANDIDATES}) {_PAGE}"""
# Near brands by trigrams, the nearest by edit distance; else words of the efficacy text.
NEAR = f"""
WITH near AS (
    SELECT b.name, min(levenshtein(left(b.keys, 100), left(w.keys, 100))) AS errors
    FROM unnest($1::text[]) AS w(keys) JOIN medicine_brand b ON b.keys % w.keys GROUP BY b.name
    ORDER BY errors LIMIT 5
), hit AS (
    SELECT m.id, {_FUZZY} AS tier FROM near JOIN medicine m ON m.brand_name = near.name WHERE near.errors <= $5
    UNION ALL
    SELECT medicine_id, 8 FROM medicine_efficacy WHERE keys LIKE $6
) {_PAGE}"""


@dataclass(frozen=True, slots=True)
class Page:
    """`first`: the item_seq that counts as searched for, "" when none was found by its name."""

    body: bytes
    first: str


async def search(pool: asyncpg.Pool, query: Query, *, limit: int, offset: int) -> Page:
    rows = await _rows(pool, query, limit + 1, offset) if not query.is_empty else []
    first = rows[0]["item_seq"] if rows and not offset and rows[0]["tier"] in _NAME_TIERS else ""
    return Page(_body(query, rows, limit, offset), first)


async def _rows(pool: asyncpg.Pool, query: Query, limit: int, offset: int) -> Rows:
    found: Rows
    page = (query.strength, limit, offset)
    if query.initials:
        found = await pool.fetch(BY_INITIALS, _like(query.initials) + "%", *page)
        return found
    found = await pool.fetch(BY_NAME, query.base, *page, *_patterns(query))
    if not found and not offset and len(query.base) >= 3:
        errors = 2 if len(query.base) >= 6 else 1
        words = f"%{_like(to_keys(query.hangul))}%"
        found = await pool.fetch(NEAR, list(query.near_keys), *page, errors, words)
    return found


def _patterns(query: Query) -> tuple[str | None, ...]:
    """The parameters of `BY_NAME` from $5 on; NULL finds nothing."""
    keys, whole = _like(to_keys(query.base)), to_keys(query.hangul)
    return (
        f"{_like(whole)}|%",
        f"{keys}%",
        f"%{keys}%" if len(keys) >= _SHORTEST_SUBSTRING else None,
        to_keys(query.substance or query.base),
        to_keys(query.company) if query.company else None,
        to_keys(query.symptom) if query.symptom else None,
        f"{_like(query.text)}%" if query.text.isascii() else None,
    )


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _body(query: Query, rows: Rows, limit: int, offset: int) -> bytes:
    fuzzy = bool(rows) and rows[0]["tier"] == _FUZZY
    return orjson.dumps({
        "query": query.raw,
        "as_of": datetime.now(_SEOUL).isoformat(timespec="milliseconds"),
        "normalized": query.hangul,
        "corrected_to": rows[0]["brand_name"] if fuzzy else query.hangul if query.slip else None,
        "notice": {"kind": "emergency", "text": query.emergency} if query.emergency else None,
        "stale": False,
        "results": [_card(row) for row in rows[:limit]],
        "next": _link(query, limit, offset + limit) if len(rows) > limit else None,
        "previous": _link(query, limit, max(0, offset - limit)) if offset else None,
    })  # fmt: skip


def _link(query: Query, limit: int, offset: int) -> str:
    return "/api/v1/medicines?" + urlencode({"q": query.raw, "limit": limit, "offset": offset})


def _card(row: Mapping[str, Any]) -> dict[str, Any]:
    stored = (row["efcy_summary"], row["summary_kind"])
    summary, kind = stored if stored[0] else _extract(row["efficacy"] or "")
    match, field, score = _KINDS[row["tier"]]
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
        "match": {"kind": match, "field": field, "score": score},
    }


def _extract(efficacy: str) -> tuple[str, str | None]:
    first = next(filter(None, map(str.strip, _SENTENCE_END.split(efficacy))), "")
    if not first:
        return "", None
    return (first if len(first) <= _BRIEF else first[:_BRIEF].rstrip() + "…"), "extractive"
