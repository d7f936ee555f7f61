"""Finding medicines by what a person typed: one SQL statement, put together from the arms the query can use."""

from dataclasses import dataclass
from typing import Any

from core.prepared import fetch_all
from medicines.search.keys import to_keys
from medicines.search.nearness import distance, least_similarity, prefix_distance
from medicines.search.query import Query
from medicines.selectors.query_arms import name_arms
from medicines.selectors.search_arms import (
    ALIAS,
    AS_TYPED,
    EXACT,
    EXACT_BRAND,
    FUZZY,
    TIERS,
    Arm,
    begins,
    free_text,
    range_of,
)

# Of the brands that share enough trigrams with a misspelt word, this many nearest ones are widened to products.
_BRANDS, _OF_A_BRAND = 16, 24
_FUZZY_FROM, _COMPARED_KEYS = 3, 120

_GONE = "(m.status = 'withdrawn' OR m.export_only)"
# One number, since a sort over many columns full of ties takes longer than all else that finds a few hundred rows:
# gone (1 bit), popularity downwards (6), when the permit began (17: days since 1900), length of the name (10).
_RANK = f"""({_GONE}::int::bigint << 33) + ((63 - least(m.popularity, 63))::bigint << 27)
            + (greatest(coalesce(m.opened_on - date '1900-01-01', 131071), 0)::bigint << 10)
            + least(strpos(m.name_norm, '|'), 1023)"""
RANK = f"{_RANK}, m.item_seq"
# A whole name that nobody can buy stands behind the brand's products that can be had: they are exact as well.
_TIER = f"CASE WHEN best.tier = {EXACT} AND {_GONE} THEN {EXACT_BRAND} ELSE best.tier END"


@dataclass(frozen=True, slots=True)
class Hit:
    """One product found and why. `kind` and `field` are `match.kind` and `match.field` of api.md; score is 0 to 1."""

    id: int
    item_seq: str
    kind: str
    field: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first, in a total order. `corrected_to`: what was searched for instead of what stands in the query."""

    hits: tuple[Hit, ...]
    corrected_to: str | None = None


def search_rows(*, query: Query, limit: int = 200) -> Found:
    """The products that match, at most `limit`. One SQL statement; none at all when nothing searchable is left."""
    if query.is_empty:
        return Found(())
    return _found(query, fetch_all(*statement(query, limit)), limit)


def statement(query: Query, limit: int = 200) -> tuple[str, list[Any]]:
    """The SQL and its parameters. Rows: id, item_seq, tier, strength asked for but other, brand, name."""
    arms = name_arms(query)
    strong = " UNION ALL ".join(f"({arm.sql})" for arm in arms)
    params: list[Any] = [param for arm in arms for param in arm.params]
    parts = [f"strong AS MATERIALIZED ({strong})"]
    sources = ["SELECT id, tier, place, '' AS brand FROM strong"]
    for name, arm in _fallbacks(query):
        parts.append(f"{name} AS MATERIALIZED ({arm.sql})")
        params += arm.params
        if name == "gate":
            continue
        place = "errors, brand" if name == "fuzzy" else "0, ''"
        sources.append(f"SELECT id, tier, {place} FROM {name}")
    ordered, more = _ordered(query, limit)
    return f"WITH {', '.join(parts)}, hit AS ({' UNION ALL '.join(sources)}) {ordered}", [*params, *more]


def _fallbacks(query: Query) -> list[tuple[str, Arm]]:
    """What runs only when nothing stronger matched; the fuzzy arm also when no strong hit has the dosage asked for.

    The gates are uncorrelated, so PostgreSQL evaluates them once and never starts what they close.
    """
    if query.initials:
        return []
    arms: list[tuple[str, Arm]] = []
    gate = "NOT EXISTS (SELECT 1 FROM strong)"
    if query.alias:
        arms.append(("alias", _alias(query.alias)))
        gate += " AND NOT EXISTS (SELECT 1 FROM alias)"
    for arm in free_text(query.hangul):
        arms.append(("words", Arm(f"SELECT * FROM ({arm.sql}) f WHERE {gate}", arm.params)))
        gate += " AND NOT EXISTS (SELECT 1 FROM words)"
    if len(query.base) >= _FUZZY_FROM:
        arms.append(("gate", _gate(query, gate)))
        arms.append(("fuzzy", _fuzzy(query)))
    return arms


def _alias(brand: str) -> Arm:
    """The products of the brand that curators say is meant; also beside stronger hits, but below them."""
    sql = f"SELECT id, {ALIAS} AS tier FROM medicine m WHERE brand_name = %s ORDER BY {RANK} LIMIT {_OF_A_BRAND}"
    return Arm(sql, (brand,))


def _gate(query: Query, nothing_found: str) -> Arm:
    if not query.strength:
        return Arm(f"SELECT {nothing_found} AS open", ())
    sql = f"""SELECT ({nothing_found}) OR NOT EXISTS (
                  SELECT 1 FROM strong
                  CROSS JOIN LATERAL (SELECT strengths FROM medicine WHERE id = strong.id LIMIT 1) s
                  WHERE s.strengths @> ARRAY[%s]) AS open"""
    return Arm(sql, (query.strength,))


def _fuzzy(query: Query) -> Arm:
    """Products of brands spelt nearly so, and names that differ only where folded keys do not, as in ㅅ for ㅆ."""
    sql = f"""
        SELECT m.id, {FUZZY} AS tier, near.errors, near.name AS brand FROM (
            SELECT b.name, min(levenshtein(left(b.keys, {_COMPARED_KEYS}), left(w.keys, {_COMPARED_KEYS}))) AS errors
            FROM unnest(%s::text[], %s::real[]) AS w(keys, similarity)
            CROSS JOIN LATERAL medicine_brand_near(w.keys, w.similarity) b
            WHERE (SELECT open FROM gate) GROUP BY b.name ORDER BY errors, b.name LIMIT {_BRANDS}
        ) near CROSS JOIN LATERAL (
            SELECT id FROM medicine m WHERE m.brand_name = near.name ORDER BY {RANK} LIMIT {_OF_A_BRAND}
        ) m
        UNION ALL
        (SELECT id, {FUZZY}, 0, brand_name FROM medicine WHERE {begins("name_keys")} AND (SELECT open FROM gate)
         ORDER BY name_keys USING ~<~ LIMIT {_OF_A_BRAND})"""
    near = list(query.near_keys)
    return Arm(sql, (near, [least_similarity(keys) for keys in near], *range_of(to_keys(query.hangul))))


def _place(other: str) -> str:
    """Whole names first and misspellings last; between them the dosage asked for, then match, list, and rank."""
    match = f"""(({_TIER} > 0)::int::bigint << 21) + ((best.tier = {FUZZY})::int << 20) + (({other})::int << 19)
             + ({_TIER} << 12) + least(best.place, 4095)"""
    return f"(({match}) << 34) + {RANK}"


def _ordered(query: Query, limit: int) -> tuple[str, list[Any]]:
    """LATERAL with LIMIT keeps the planner at one look-up by key for each hit, whatever it believes their number is."""
    other = "NOT m.strengths @> ARRAY[%s]" if query.strength else "false"
    strength = [query.strength] if query.strength else []
    return (
        f"""SELECT m.id, m.item_seq, best.tier, {other} AS other, best.brand, m.name_norm
            FROM (SELECT DISTINCT ON (id) * FROM hit ORDER BY id, tier, place) best
            CROSS JOIN LATERAL (SELECT * FROM medicine WHERE id = best.id LIMIT 1) m
            ORDER BY {_place(other)} LIMIT %s""",
        [*strength, *strength, limit],
    )


Row = tuple[int, str, int, bool, str, str]


def _found(query: Query, rows: list[Row], limit: int) -> Found:
    strong = [_hit(row) for row in rows if row[2] not in (ALIAS, FUZZY)]
    near = [(_hit(row), query.alias) for row in rows if row[2] == ALIAS]
    near += _nearest(query, [row for row in rows if row[2] == FUZZY])
    hits = (strong + [hit for hit, _ in near])[:limit]
    if strong:
        first = next(row[2] for row in rows if row[2] not in (ALIAS, FUZZY))
        return Found(tuple(hits), query.hangul if query.slip and first not in AS_TYPED else None)
    return Found(tuple(hits), near[0][1] if near else None)


def _hit(row: Row) -> Hit:
    kind, field, score = TIERS[row[2]]
    return Hit(row[0], row[1], kind, field, score)


def _nearest(query: Query, rows: list[Row]) -> list[tuple[Hit, str]]:
    """The rows near enough, nearest first, each with the brand it was taken for; equally near ones stay as ranked."""
    near = []
    for row in rows:
        errors = _errors(query, row)
        if errors is not None:
            score = TIERS[FUZZY][2] * (1 - errors / 10)
            near.append((errors, row[3], Hit(row[0], row[1], "fuzzy", "item_name", round(score, 3)), row[4]))
    near.sort(key=lambda entry: entry[:2])
    return [(hit, brand) for _, _, hit, brand in near]


def _errors(query: Query, row: Row) -> float | None:
    """The least distance of what was typed to the brand, to the whole name, or to how the name begins."""
    brand, name = row[4], row[5].split("|")[0]
    pairs = [(query.base, brand), (query.hangul, name), *((word, brand) for word in query.near_words)]
    found = [errors for typed, other in pairs if (errors := distance(typed, other)) is not None]
    begins = prefix_distance(query.base, name)
    return min(found if begins is None else [*found, begins], default=None)
