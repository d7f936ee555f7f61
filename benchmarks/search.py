"""The one SQL behind a search, by kind of query: on the real list and on a million made-up products, against ILIKE.

Timed is what PostgreSQL and the driver do for one statement; parsing the query and joining cards are not in it.
"""

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

from psycopg2.extensions import connection as Connection

from benchmarks import harness
from benchmarks.harness import Site
from benchmarks.results import Cell, Goal, Result, Table, milliseconds, percentile
from benchmarks.search_data import Maker, fill
from core.prepared import prepare
from medicines.search.keys import initial_keys, is_syllable, join_syllable, split_syllable
from medicines.search.query import parse_query
from medicines.search.symptoms import all_symptoms
from medicines.selectors.search import statement
from medicines.selectors.suggest import suggest_statement

_MILLION, _QUICK_ROWS = 1_000_000, 1_000
_ASKED, _ASKED_QUICK = 300, 10
_NAIVE, _NAIVE_QUICK = 12, 3
_PASSES = 3
_REBUILD = """from medicines.services import search_index, search_terms
search_index.rebuild_brands()
search_terms.rebuild_term_tables()"""

_VOWELS = "ㅏㅓㅗㅜㅡㅣㅐㅔ"

Names = list[tuple[str, str]]
"""(name without parentheses, brand) of products drawn at random."""
Draw = Callable[[random.Random], str]

# p99 in milliseconds that is wanted on the real list and at a million rows.
GOALS: dict[str, tuple[float, float]] = {
    "exact": (5, 10), "prefix": (5, 10), "substring 2": (5, 10), "substring 3": (5, 10), "substring 4": (5, 10),
    "initials": (5, 10), "ingredient": (5, 10), "symptom": (5, 10), "fuzzy": (10, 25), "free text": (50, 50),
}  # fmt: skip


def run(*, quick: bool) -> Result:
    result = Result("search", "Search: the one SQL", "")
    result.notes.append("Random queries drawn from the loaded rows, after a warm-up; naive is name ILIKE '%query%'.")
    os.environ["DATABASE_STATEMENT_TIMEOUT_MS"] = "0"
    with Site(quick=quick) as site:
        described = [site.load()]
        _measure(result, site, 0, described[0], quick)
        fill(site.connect(), Maker(_QUICK_ROWS if quick else _MILLION))
        site.manage("shell", "-c", _REBUILD)
        site.query("ANALYZE")
        described.append(f"{site.query('SELECT count(*) FROM medicine')[0][0]:,} made-up products")
        _measure(result, site, 1, described[1], quick)
    result.data = "; ".join(described)
    return result


def _measure(result: Result, site: Site, size: int, title: str, quick: bool) -> None:
    connection = site.connect()
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")  # as in settings
    rows: list[Sequence[Cell]] = []
    for kind, draw in _kinds(connection).items():
        rows.append(_row(connection, kind, draw, quick))
        if kind in GOALS:
            result.goals.append(_goal(kind, title, rows[-1], GOALS[kind][size]))
    ratio = min(float(row[-1]) for row in rows if row[0] in GOALS)
    if size:
        result.goals.append(Goal("least ratio to naive, p50", "100", f"{ratio:.0f}", ratio >= 100))
    columns = ["query", "rows found", "p50 ms", "p99 ms", "p99 ms, fastest of 3", "naive p50 ms", "times naive"]
    result.tables.append(Table(title, columns, rows, _sizes(connection)))
    connection.close()


def _row(connection: Connection, kind: str, draw: Draw, quick: bool) -> list[Cell]:
    rng = random.Random(len(kind))
    asked = [draw(rng) for _ in range(_ASKED_QUICK if quick else _ASKED)]
    build = _suggesting if kind.startswith("suggest") else _searching
    for text in asked[:40]:
        _timed(connection, *build(text))
    passes = [[_timed(connection, *build(text)) for text in asked] for _ in range(_PASSES)]
    timed = [sample for samples in passes for sample in samples]
    # The fastest of a query's passes: what the statement costs where nobody else has the processor.
    quiet = [min(seconds for seconds, _ in samples) for samples in zip(*passes, strict=True)]
    naive = [
        _timed(connection, "SELECT id, item_seq FROM medicine WHERE name ILIKE %s", [f"%{text}%"])[0]
        for text in asked[: _NAIVE_QUICK if quick else _NAIVE]
    ]
    p50, p99 = milliseconds([seconds for seconds, _ in timed], 50, 99)
    quiet_p99 = milliseconds(quiet, 99)[0]
    naive_p50 = milliseconds(naive, 50)[0]
    found = percentile([float(rows) for _, rows in timed], 50)
    return [kind, int(found), p50, p99, quiet_p99, naive_p50, round(naive_p50 / p50, 1)]


def _searching(text: str) -> tuple[str, list[Any]]:
    return statement(parse_query(text))


def _suggesting(text: str) -> tuple[str, list[Any]]:
    return suggest_statement(parse_query(text), 10)


def _timed(connection: Connection, sql: str, params: list[Any]) -> tuple[float, int]:
    """Seconds and rows of one statement, run as the product runs it (core.prepared)."""
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(prepare(connection, sql, len(params)), params)
        rows = len(cursor.fetchall())
        return time.perf_counter() - started, rows


def _goal(kind: str, title: str, row: Sequence[Cell], wanted: float) -> Goal:
    measured = f"{row[3]} ms ({row[4]} ms fastest of {_PASSES})"
    return Goal(f"{kind}, p99, {title}", f"{wanted:g} ms", measured, float(row[3]) <= wanted)


def _sizes(connection: Connection) -> str:
    sizes = _rows(
        connection,
        """SELECT relname, pg_relation_size(oid) / 1048576 FROM pg_class
           WHERE relname LIKE 'idx_medicine_%' AND relkind = 'i' ORDER BY 2 DESC LIMIT 8""",
    )
    return "Index sizes in MB: " + ", ".join(f"{name} {megabytes}" for name, megabytes in sizes) + "."


# --- queries of each kind, from what is loaded ---


def _kinds(connection: Connection) -> dict[str, Draw]:
    names = [(n, b) for n, b in _names(connection) if len(b) >= 3 and all(map(is_syllable, b))]
    substances = [text for (text,) in _rows(connection, _SUBSTANCES)]
    words = [word for symptom in all_symptoms() for word in symptom.words]
    texts = [flat for (flat,) in _rows(connection, _TEXTS)]
    return {
        "exact": lambda rng: rng.choice(names)[0],
        "prefix": lambda rng: rng.choice(names)[1][: rng.randint(2, 3)],
        "substring 2": lambda rng: _inside(rng, names, 2),
        "substring 3": lambda rng: _inside(rng, names, 3),
        "substring 4": lambda rng: _inside(rng, names, 4),
        "initials": lambda rng: _initials(rng.choice(names)[1]),
        "ingredient": lambda rng: rng.choice(substances),
        "symptom": lambda rng: rng.choice(words),
        "fuzzy": lambda rng: _misspelt(rng, rng.choice(names)[1]),
        "free text": lambda rng: _inside(rng, [(text, text) for text in rng.choices(texts, k=3)], rng.randint(3, 4)),
        "one syllable": lambda rng: rng.choice(names)[1][0],
        "one jamo": lambda rng: split_syllable(rng.choice(names)[1][0])[0],
        "suggest 1-3": lambda rng: rng.choice(names)[1][: rng.randint(1, 3)],
    }


_SUBSTANCES = """SELECT text FROM medicine_term WHERE kind = 'ingredient' AND text ~ '^[가-힣]{3,}$'
                 ORDER BY md5(text) LIMIT 2000"""
_TEXTS = "SELECT flat FROM medicine_efficacy ORDER BY md5(medicine_id::text) LIMIT 2000"


def _names(connection: Connection) -> Names:
    return [
        (str(name), str(brand))
        for name, brand in _rows(
            connection,
            """SELECT split_part(name, '(', 1), brand_name FROM medicine
               WHERE name ~ '^[가-힣]' ORDER BY md5(item_seq) LIMIT 6000""",
        )
    ]


def _rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _inside(rng: random.Random, names: Names, length: int) -> str:
    """Syllables from within a name, not its first."""
    while True:
        name = rng.choice(names)[0]
        start = rng.randint(1, max(1, len(name) - length))
        part = name[start : start + length]
        if len(part) == length and all(map(is_syllable, part)):
            return part


def _initials(brand: str) -> str:
    return "".join(split_syllable(char)[0] for char in brand[:4]) if initial_keys(brand) else brand


def _misspelt(rng: random.Random, brand: str) -> str:
    """One vowel changed."""
    place = rng.randrange(len(brand))
    initial, vowel, final = split_syllable(brand[place])
    other = rng.choice([jamo for jamo in _VOWELS if jamo != vowel])
    return brand[:place] + join_syllable(initial, other, final) + brand[place + 1 :]


if __name__ == "__main__":
    harness.main(run)
