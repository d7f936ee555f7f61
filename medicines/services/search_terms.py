"""Postings: for each word that is not a name, the products it finds, in rank order and cut at 200.

Called by `search_index`. Each kind is one set-based statement into a temporary table, then only rows that differ are
written, so that a nightly run over an unchanged catalogue writes nothing.
"""

from collections.abc import Iterable

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg2.extras import execute_values

from medicines.search.company import company_name
from medicines.search.ingredients import curated_names, substance_for
from medicines.search.keys import to_keys
from medicines.search.normalise import fold_words
from medicines.search.symptoms import all_symptoms

POSTINGS = 200
# Prefixes up to these lengths are postings; longer ones are read from the index of names.
PREFIX_KEYS = 4
INITIAL_KEYS = 3

# Sold before withdrawn and for export, popular before not, explained to patients early before late (or never), short
# before long. A total order: item_seq is unique.
SOLD = "(m.status = 'withdrawn' OR m.export_only), m.popularity DESC, m.opened_on"
RANK = f"{SOLD}, strpos(m.name_norm, '|'), m.item_seq"

_BY_INGREDIENT = f"""
    SELECT 'ingredient', n.text, n.keys, (array_agg(m.id ORDER BY cardinality(m.substances) > 1, {RANK}))[1:{POSTINGS}]
    FROM term_name n JOIN (SELECT DISTINCT unnest(substances) AS substance, id FROM medicine) s
      ON s.substance = n.means JOIN medicine m ON m.id = s.id
    GROUP BY n.text, n.keys"""
# A company's products stand by age where nothing else tells them apart: the long-established ones are known.
_BY_COMPANY = f"""
    SELECT 'company', n.text, n.keys, (array_agg(m.id ORDER BY {SOLD}, m.item_seq))[1:{POSTINGS}]
    FROM term_name n JOIN medicine m ON m.entp_name = n.means
    GROUP BY n.text, n.keys"""
_BY_SYMPTOM = f"""
    SELECT 'symptom', n.text, n.keys, (array_agg(m.id ORDER BY s.place > 60, {RANK}))[1:{POSTINGS}]
    FROM term_name n
    JOIN (SELECT medicine_id, unnest(symptoms) AS symptom, unnest(places) AS place FROM medicine_efficacy) s
      ON s.symptom = n.means JOIN medicine m ON m.id = s.medicine_id
    GROUP BY n.text, n.keys"""
_BY_PREFIX = f"""
    SELECT %s, p.part, p.part, (array_agg(p.id ORDER BY p.place))[1:{POSTINGS}]
    FROM (
        SELECT DISTINCT m.id, left(m.{{column}}, n) AS part, r.place
        FROM term_rank r JOIN medicine m USING (id), generate_series(1, %s) n
        WHERE m.{{column}} <> ''
    ) p WHERE p.part NOT LIKE '%%|%%' GROUP BY p.part"""
# The sign that opens a name, for the first keystroke of "(주)…".
_BY_SIGN = f"""
    SELECT 'prefix', left(m.name, 1), left(m.name, 1), (array_agg(m.id ORDER BY {RANK}))[1:{POSTINGS}]
    FROM medicine m WHERE m.name ~ '^[^0-9a-zA-Z가-힣]' GROUP BY left(m.name, 1)"""

# Parts of names that so many names hold (캡슐, 밀리그램) that reading and ranking them takes too long. Longer ones are
# counted only where their beginning is frequent, which keeps the count itself small.
_FREQUENT = 150
_PART_LENGTHS = range(2, 8)
# Each part of each name where it first stands there.
_PLACES = """
    FROM term_rank r CROSS JOIN LATERAL generate_series(1, length(r.name) - {length} + 1) at
    CROSS JOIN LATERAL substr(r.name, at, {length}) AS f(found)
    {among} WHERE strpos(r.name, found) = at AND strpos(found, '|') = 0"""
_FIND_PARTS = f"""
    CREATE TEMPORARY TABLE part_{{length}} ON COMMIT DROP AS
    SELECT found AS part {_PLACES} GROUP BY found HAVING count(*) > {_FREQUENT}"""
_BEGINS_WITH = "JOIN part_{shorter} s ON s.part = left(found, {shorter})"
_BY_PART = f"""
    SELECT 'part', n.text, n.keys, (array_agg(r.id ORDER BY r.place))[1:{POSTINGS}]
    {_PLACES} GROUP BY n.text, n.keys"""
_NAMED = "JOIN term_name n ON n.text = found"
_TEMPORARY = ("term_name", "term_new", "term_rank", *(f"part_{length}" for length in _PART_LENGTHS))

Names = Iterable[tuple[str, str]]
"""(text of the term, what it means: a substance, a symptom, or a company as the source spells it)."""


@transaction.atomic
def rebuild_term_tables() -> None:
    with connection.cursor() as cursor:
        _prepare(cursor)
        for names, sql in (
            (_ingredient_names, _BY_INGREDIENT),
            (_companies, _BY_COMPANY),
            (_symptom_names, _BY_SYMPTOM),
        ):
            _use_names(cursor, names(cursor))
            cursor.execute(f"INSERT INTO term_new {sql}")
        cursor.execute("INSERT INTO term_new " + _BY_PREFIX.format(column="name_keys"), ["prefix", PREFIX_KEYS])
        cursor.execute("INSERT INTO term_new " + _BY_PREFIX.format(column="name_initials"), ["initials", INITIAL_KEYS])
        cursor.execute(f"INSERT INTO term_new {_BY_SIGN}")
        _add_parts(cursor)
        _write_changes(cursor)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE medicine, medicine_brand, medicine_term, medicine_efficacy")


def _prepare(cursor: CursorWrapper) -> None:
    cursor.execute("SET LOCAL statement_timeout = 0")  # a web connection's limit, where a view's process rebuilds
    cursor.execute("SET LOCAL work_mem = '64MB'")
    # Of a rebuild in the same transaction.
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in _TEMPORARY)}")
    cursor.execute("CREATE TEMPORARY TABLE term_name (text text, means text, keys text) ON COMMIT DROP")
    cursor.execute(
        "CREATE TEMPORARY TABLE term_new (kind text, text text, keys text, medicine_ids bigint[]) ON COMMIT DROP"
    )
    cursor.execute(
        f"""CREATE TEMPORARY TABLE term_rank ON COMMIT DROP AS
            SELECT id, name_norm AS name, row_number() OVER (ORDER BY {RANK}) AS place FROM medicine m"""
    )
    cursor.execute("ANALYZE term_rank")


def _use_names(cursor: CursorWrapper, names: Names) -> None:
    cursor.execute("TRUNCATE term_name")
    rows = [(text, means, to_keys(text)) for text, means in dict.fromkeys(names)]
    execute_values(cursor.cursor, "INSERT INTO term_name (text, means, keys) VALUES %s", rows, page_size=1_000)
    cursor.execute("ANALYZE term_name")


def _add_parts(cursor: CursorWrapper) -> None:
    for length in _PART_LENGTHS:
        among = _BEGINS_WITH.format(shorter=length - 1) if length > _PART_LENGTHS.start else ""
        cursor.execute(_FIND_PARTS.format(length=length, among=among))
        cursor.execute(f"ANALYZE part_{length}")
        cursor.execute(f"SELECT part, part FROM part_{length}")
        parts = cursor.fetchall()
        if not parts:
            return
        _use_names(cursor, parts)
        cursor.execute("INSERT INTO term_new " + _BY_PART.format(length=length, among=_NAMED))


def _companies(cursor: CursorWrapper) -> Names:
    cursor.execute("SELECT DISTINCT entp_name FROM medicine WHERE entp_name <> ''")
    return [(text, entp_name) for (entp_name,) in cursor.fetchall() if (text := company_name(entp_name))]


def _ingredient_names(cursor: CursorWrapper) -> Names:
    """Each substance under its own name, its curated names, and the English name that the permit list gives it."""
    cursor.execute("SELECT DISTINCT unnest(substances) FROM medicine")
    substances = {substance for (substance,) in cursor.fetchall() if len(substance) >= 2}
    curated = {(name, base) for base, names in curated_names().items() if base in substances for name in names}
    return sorted({(base, base) for base in substances} | curated | _english_names(cursor, substances))


def _english_names(cursor: CursorWrapper, substances: set[str]) -> set[tuple[str, str]]:
    """Only from products of one ingredient, where it is certain which name means which."""
    cursor.execute(
        """SELECT DISTINCT substances[1], ingredients_en[1] FROM medicine
           WHERE cardinality(substances) = 1 AND cardinality(ingredients_en) = 1"""
    )
    pairs = {(substance_for(english), base) for base, english in cursor.fetchall()}
    return {(name, base) for name, base in pairs if name.isascii() and len(name) >= 3 and base in substances}


def _symptom_names(cursor: CursorWrapper) -> Names:
    return [(word, symptom.name) for symptom in all_symptoms() for word in map(fold_words, symptom.words)]


def _write_changes(cursor: CursorWrapper) -> None:
    cursor.execute(
        """DELETE FROM medicine_term t WHERE NOT EXISTS
           (SELECT 1 FROM term_new n WHERE n.kind = t.kind AND n.text = t.text)"""
    )
    cursor.execute(
        """INSERT INTO medicine_term (kind, text, keys, medicine_ids) SELECT kind, text, keys, medicine_ids
           FROM (SELECT DISTINCT ON (kind, text) * FROM term_new ORDER BY kind, text, cardinality(medicine_ids) DESC) n
           ON CONFLICT (kind, text) DO UPDATE SET keys = excluded.keys, medicine_ids = excluded.medicine_ids
           WHERE (medicine_term.keys, medicine_term.medicine_ids)
                 IS DISTINCT FROM (excluded.keys, excluded.medicine_ids)"""
    )
