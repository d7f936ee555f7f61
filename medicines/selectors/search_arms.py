"""The arms of the one search statement: each a SELECT that an index serves, with its parameters.

Only `medicines.selectors.query_arms`, `.search` and `.suggest` compose them. Every arm yields (id, tier, place); the
tier orders the kinds of match and says which field matched (`TIERS`), the place is that among a term's postings. Texts
are compared with `name_norm` after the folded keys found the row: keys match across syllable borders, and do not tell
ㅅ from ㅆ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from medicines.search.keys import to_keys, typing_pattern

# No arm hands on more rows than this: beyond it the words are so common that any of them will do.
CANDIDATES = 1_000
# Beside the postings of a short prefix: rows of the index itself, for products that came after the postings.
FRESH = 50
PREFIX_KEYS = 4
INITIAL_KEYS = 3
# Three keys are the least from which a trigram can be cut; two syllables have at least four.
_SHORTEST_SUBSTRING = 4
_LOOKED_UP = 7

TIERS: dict[int, tuple[str, str, float]] = {
    0: ("exact", "item_name", 1.0),
    1: ("exact", "item_name", 0.99),
    2: ("exact", "item_eng_name", 0.98),
    10: ("prefix", "item_name", 0.9),
    11: ("prefix", "item_eng_name", 0.89),
    12: ("prefix", "item_name+entp_name", 0.88),
    20: ("substring", "item_name", 0.8),
    21: ("substring", "item_name+entp_name", 0.78),
    29: ("initials", "item_name", 0.76),
    30: ("initials", "item_name", 0.7),
    31: ("keyboard", "item_name", 0.75),
    32: ("keyboard", "item_name", 0.72),
    33: ("keyboard", "item_name", 0.7),
    39: ("ingredient", "ingredients", 0.6),
    40: ("ingredient", "ingredients", 0.6),
    41: ("ingredient", "ingredients", 0.55),
    50: ("company", "entp_name", 0.5),
    51: ("company", "entp_name", 0.45),
    60: ("symptom", "efficacy", 0.4),
    61: ("symptom", "efficacy", 0.35),
    69: ("fuzzy", "item_name", 0.3),
    70: ("fuzzy", "item_name", 0.3),
}
EXACT, EXACT_BRAND, EXACT_ENGLISH, PREFIX, PREFIX_ENGLISH, PREFIX_COMPANY = 0, 1, 2, 10, 11, 12
SUBSTRING, SUBSTRING_COMPANY, WHOLE_INITIALS, INITIALS, KEYBOARD = 20, 21, 29, 30, 31
INGREDIENT_MEANT, INGREDIENT, COMPANY, SYMPTOM, FREE_TEXT, ALIAS, FUZZY = 39, 40, 50, 60, 61, 69, 70
# Of a query in Latin letters that stand for Hangul: what was found by the letters as they are.
AS_TYPED = frozenset((EXACT, EXACT_ENGLISH, PREFIX, PREFIX_ENGLISH, SUBSTRING, INGREDIENT))


@dataclass(frozen=True, slots=True)
class Arm:
    sql: str
    params: tuple[Any, ...]


def escape_like(text: str) -> str:
    """For LIKE. Normalised texts hold no wildcard; this keeps it so whatever the normaliser becomes."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# Above every text that begins with what stands before it, in the order of bytes.
_LAST = "\U0010ffff"


def begins(column: str) -> str:
    """The condition that `column` begins with a text, with the parameters of `range_of`: an index range in any plan."""
    return f"{column} ~>=~ %s AND {column} ~<~ %s"


def range_of(prefix: str) -> tuple[str, str]:
    return prefix, prefix + _LAST


def _select(tier: int | str) -> str:
    return f"SELECT id, {tier} AS tier, 0 AS place FROM medicine"


def whole_name(text: str, tier: int) -> Arm:
    return Arm(
        f"{_select(tier)} WHERE {begins('name_keys')} AND starts_with(name_norm, %s) LIMIT {CANDIDATES}",
        (*range_of(f"{to_keys(text)}|"), f"{text}|"),
    )


def whole_brand(text: str, tier: int, strength: str = "") -> Arm:
    """With a dosage asked for, only the brand's products of that dosage are exact; the others begin with it."""
    case = f"CASE WHEN %s = '' OR strengths @> ARRAY[%s] THEN {tier} ELSE {tier - EXACT_BRAND + PREFIX} END"
    return Arm(
        f"{_select(case)} WHERE brand_name = %s LIMIT {CANDIDATES}",
        (strength, strength, text),
    )


def name_prefix(text: str, tier: int, keys: str = "") -> list[Arm]:
    """Names that typing `text` further can become; `keys` when an unfinished tail was cut off."""
    keys = keys or to_keys(text)
    pattern = f"^{typing_pattern(text)}"
    short = len(keys) <= PREFIX_KEYS
    rows = Arm(
        f"""{_select(tier)} WHERE {begins("name_keys")} AND name_norm ~ %s
            ORDER BY name_keys USING ~<~ LIMIT {FRESH if short else CANDIDATES}""",
        (*range_of(keys), pattern),
    )
    return [_short("prefix", keys, tier, "AND m.name_norm ~ %s", pattern), rows] if short else [rows]


def _short(kind: str, keys: str, tier: int | str, extra: str = "", *params: str) -> Arm:
    """The postings of a short prefix, where sorting every row that begins so would take too long."""
    return Arm(
        f"""SELECT m.id, {tier} AS tier, 0 AS place FROM medicine_term t CROSS JOIN LATERAL unnest(t.medicine_ids) p(id)
            JOIN medicine m ON m.id = p.id WHERE t.kind = %s AND t.keys = %s {extra}""",
        (kind, keys, *params),
    )


def _within(text: str) -> str | None:
    """The LIKE pattern by which an index finds texts that hold `text`, or None when it is too short to be looked up.

    Only its first keys: every further one costs a posting list to read, and hardly narrows what is checked afterwards.
    """
    keys = to_keys(text)
    return f"%{escape_like(keys[:_LOOKED_UP])}%" if len(keys) >= _SHORTEST_SUBSTRING else None


_IS_PART = "EXISTS (SELECT 1 FROM medicine_term WHERE kind = 'part' AND keys = %s AND text = %s)"


def name_substring(text: str, tier: int) -> list[Arm]:
    """Names that hold `text`: its postings where it is a part of hundreds of names, else what the index of names says.

    The second does not run beside the first: its condition names no row, so PostgreSQL looks once.
    """
    if _within(text) is None:
        return []
    part = (to_keys(text), text)
    postings = Arm(
        f"""SELECT p.id, {tier} AS tier, 0 AS place FROM medicine_term t
            CROSS JOIN LATERAL unnest(t.medicine_ids) p(id) WHERE t.kind = 'part' AND t.keys = %s AND t.text = %s""",
        part,
    )
    return [postings, _holding(text, tier, f"NOT {_IS_PART}", part)]


def name_substring_beside(text: str, base: str, tier: int) -> list[Arm]:
    """Names that hold `text`, `base` and a dosage: all are among those that hold `base`, but for its cut postings."""
    return [] if _within(text) is None else [_holding(text, tier, _IS_PART, (to_keys(base), base))]


def _holding(text: str, tier: int, when: str, given: tuple[str, str]) -> Arm:
    return Arm(
        f"{_select(tier)} WHERE {when} AND name_keys LIKE %s AND name_norm ~ %s LIMIT {CANDIDATES}",
        (*given, _within(text), typing_pattern(text)),
    )


def english_prefix(keys: str) -> Arm:
    case = f"CASE WHEN name_en_keys = %s THEN {EXACT_ENGLISH} ELSE {PREFIX_ENGLISH} END"
    return Arm(
        f"{_select(case)} WHERE {begins('name_en_keys')} ORDER BY name_en_keys USING ~<~ LIMIT {CANDIDATES}",
        (keys, *range_of(keys)),
    )


def initials_prefix(initials: str) -> list[Arm]:
    """Names whose initials begin so; a brand that has no more than these stands first."""
    whole = len(initials) if len(initials) > 2 else -1  # hundreds of brands have two syllables
    case = f"CASE WHEN length(m.brand_name) = {whole} THEN {WHOLE_INITIALS} ELSE {INITIALS} END"
    short = len(initials) <= INITIAL_KEYS
    rows = Arm(
        f"""{_select(case)} m WHERE {begins("name_initials")}
            ORDER BY name_initials USING ~<~ LIMIT {FRESH if short else CANDIDATES}""",
        range_of(initials),
    )
    return [_short("initials", initials, case), rows] if short else [rows]


Word = tuple[str, str, int]
"""A whole word among the terms: kind, text, tier."""


def terms(words: Sequence[Word]) -> Arm:
    """The postings of whole words, in their order."""
    values = ", ".join("(%s::text, %s::text, %s::text, %s::int)" for _ in words)
    return Arm(
        f"""SELECT p.id, w.tier, p.place::int FROM (VALUES {values}) w(kind, keys, text, tier)
            JOIN medicine_term t ON t.kind = w.kind AND t.keys = w.keys AND t.text = w.text
            CROSS JOIN LATERAL unnest(t.medicine_ids) WITH ORDINALITY p(id, place)""",
        tuple(value for kind, text, tier in words for value in (kind, to_keys(text), text, tier)),
    )


def terms_prefix(text: str) -> Arm:
    """The postings of the three shortest substances or companies that begin so: 세티리 → 세티리진."""
    case = f"CASE kind WHEN 'ingredient' THEN {INGREDIENT + 1} ELSE {COMPANY + 1} END"
    return Arm(
        f"""SELECT p.id, t.tier, p.place::int FROM (
                SELECT medicine_ids, {case} AS tier FROM medicine_term
                WHERE kind IN ('ingredient', 'company') AND {begins("keys")} AND text ~ %s
                ORDER BY length(text), text LIMIT 3
            ) t CROSS JOIN LATERAL unnest(t.medicine_ids) WITH ORDINALITY p(id, place)""",
        (*range_of(to_keys(text)), f"^{typing_pattern(text)}"),
    )


def all_words(tokens: tuple[str, ...]) -> list[Arm]:
    """Names that hold every word; the longest one is looked up, the others are checked."""
    longest = max(tokens, key=lambda token: len(to_keys(token)))
    looked_up = _within(longest)
    if looked_up is None:
        return []
    checks = " AND ".join("strpos(name_norm, %s) > 0" for _ in tokens)
    sql = f"{_select(SUBSTRING)} WHERE name_keys LIKE %s AND {checks} LIMIT {CANDIDATES}"
    return [Arm(sql, (looked_up, *tokens))]


def company_and_name(company: str, name: str) -> list[Arm]:
    """Names that hold `name` among the products of a company whose name holds `company`."""
    looked_up = _within(name)
    if looked_up is None or len(company) < 2:
        return []
    case = f"CASE WHEN name_norm ~ %s THEN {PREFIX_COMPANY} ELSE {SUBSTRING_COMPANY} END"
    return [
        Arm(
            f"""{_select(case)}
                WHERE name_keys LIKE %s AND name_norm ~ %s AND strpos(entp_name, %s) > 0 LIMIT {CANDIDATES}""",
            (f"^{typing_pattern(name)}", looked_up, typing_pattern(name), company),
        )
    ]


def free_text(text: str) -> list[Arm]:
    """Efficacy texts that hold the words, for what is no term; only when nothing else was found."""
    looked_up = _within(text)
    if looked_up is None or len(text) < 2:
        return []
    return [
        Arm(
            f"""SELECT medicine_id AS id, {FREE_TEXT} AS tier FROM medicine_efficacy
                WHERE keys LIKE %s AND strpos(flat, %s) > 0 LIMIT {CANDIDATES}""",
            (looked_up, text),
        )
    ]
