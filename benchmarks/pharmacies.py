"""The nearest pharmacies: the one SQL on the real list and on a million rows, against haversine in Python; and a day of
lookups, with the calls to Kakao that it took.
"""

import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg2.extensions import connection as Connection

from benchmarks import harness
from benchmarks.harness import FULL, SAMPLE, Site
from benchmarks.results import Cell, Goal, Result, Table, milliseconds
from pharmacies.hours import SEOUL, moment
from pharmacies.selectors.nearest import statement
from sandbox.home import PROJECT

_RADIUS, _LIMIT = 3_000, 20
_POINTS, _QUICK_POINTS = 10_000, 20
_MILLION, _QUICK_ROWS = 1_000_000, 2_000
_LOOKUPS, _QUICK_LOOKUPS = 100_000, 20
_NAIVE, _NAIVE_QUICK = 20, 2
_PASSES = 2
_SEED = 20_261_126
# Tuesday noon, and three o'clock on Sunday, when hardly anything is open.
_NOON, _NIGHT = (
    moment(datetime(2026, 12, 1, 12, tzinfo=SEOUL), lambda _: False),
    moment(datetime(2026, 11, 29, 3, tzinfo=SEOUL), lambda _: False),
)
_QUERIES = (("nearest, Tuesday noon", None), ("open on Tuesday noon", "noon"), ("open on Sunday at 3", "night"))
# Each real row again and again, some kilometres off: as dense as no country is.
_MULTIPLY = """
INSERT INTO pharmacy (source, source_id, name, name_norm, address, phone, lat, lng, opens, closes, as_of, created_at,
    updated_at)
SELECT 'nemc', 'made-' || copy || '-' || id, name, name_norm, address, phone, lat + random_normal(0, 0.03),
    lng + random_normal(0, 0.04), opens, closes, as_of, now(), now()
FROM pharmacy, generate_series(1, %s) copy WHERE merged_into_id IS NULL LIMIT %s
"""

Point = tuple[float, float]


def run(*, quick: bool) -> Result:
    result = Result("pharmacies", "The nearest pharmacies", "")
    result.notes.append(
        f"Nearest {_LIMIT} within {_RADIUS:,} m of random points, each some hundred metres from a random row."
    )
    with Site(quick=quick) as site:
        site.migrate()
        site.manage("load_pharmacies", str(_file(site)))
        rows = int(site.query("SELECT count(*) FROM pharmacy")[0][0])
        real = f"{'the real list' if site.data == FULL else 'our own sample'}, {rows:,} rows"
        points = _points(site, _QUICK_POINTS if quick else _POINTS)
        _measure(result, site, real, points, 5, quick)
        _day(result, site, quick)
        made = _fill(site, _QUICK_ROWS if quick else _MILLION)
        _measure(result, site, f"{made:,} made-up rows", points, 10, quick)
    result.data = f"{real}; {made:,} rows made of it"
    return result


def _file(site: Site) -> Path:
    return FULL / "pharmacies.csv.gz" if site.data == FULL else SAMPLE / "pharmacies.jsonl"


def _points(site: Site, count: int) -> list[Point]:
    dice = random.Random(_SEED)
    rows = site.query("SELECT lat, lng FROM pharmacy WHERE vanished_at IS NULL ORDER BY md5(source_id)")
    drawn = dice.choices(rows, k=count)
    return [(lat + dice.gauss(0, 0.004), lng + dice.gauss(0, 0.005)) for lat, lng in drawn]


def _fill(site: Site, rows: int) -> int:
    """The index is dropped and built again, which is quicker."""
    with site.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'idx_pharmacy_place'")
        definition = str((cursor.fetchone() or [""])[0])
        cursor.execute("DROP INDEX idx_pharmacy_place")
        cursor.execute("SELECT setseed(0.5), count(*), count(*) FILTER (WHERE merged_into_id IS NULL) FROM pharmacy")
        _, held, shown = cursor.fetchone() or (0, 0, 1)
        cursor.execute(_MULTIPLY, [rows // shown + 1, rows - held])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(definition)
    connection.close()
    site.query("ANALYZE pharmacy")
    return int(site.query("SELECT count(*) FROM pharmacy")[0][0])


# --- the one SQL ---


def _measure(result: Result, site: Site, title: str, points: Sequence[Point], goal: float, quick: bool) -> None:
    connection = site.connect()
    connection.autocommit = True
    naive = _naive_p50(connection, points[: _NAIVE_QUICK if quick else _NAIVE])
    rows: list[Sequence[Cell]] = []
    for name, only in _QUERIES:
        rows.append([name, *_times(connection, points, only), naive])
    rows = [[*row, round(naive / float(row[2]), 1)] for row in rows]
    p99, quiet = float(rows[0][3]), float(rows[0][4])
    measured = f"{p99} ms ({quiet} ms fastest of 2)"
    result.goals.append(Goal(f"p99 of the SQL, {title}", f"< {goal:g} ms", measured, p99 < goal))
    columns = ["query", "rows found", "p50 ms", "p99 ms", "p99 ms, fastest of 2", "haversine p50 ms", "times"]
    note = "Haversine: all rows read and measured in Python, as the predecessor did."
    result.tables.append(Table(title[0].upper() + title[1:], columns, rows, note))
    connection.close()


def _times(connection: Connection, points: Sequence[Point], only: str | None) -> list[Cell]:
    for point in points[:50]:
        _timed(connection, point, only)
    passes = [[_timed(connection, point, only) for point in points] for _ in range(_PASSES)]
    # The fastest of a point's passes: what the statement costs where nobody else has the processor.
    quiet = [min(seconds for seconds, _ in samples) for samples in zip(*passes, strict=True)]
    timed = [seconds for samples in passes for seconds, _ in samples]
    found = sorted(rows for _, rows in passes[0])[len(points) // 2]
    return [found, *milliseconds(timed, 50, 99), *milliseconds(quiet, 99)]


def _timed(connection: Connection, point: Point, only: str | None) -> tuple[float, int]:
    now = _NIGHT if only == "night" else _NOON
    lat, lng = point
    sql, params = statement(
        lat=lat, lng=lng, radius=_RADIUS, limit=_LIMIT, now=now, only=None if only is None else "open"
    )
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(sql, params)
        rows = len(cursor.fetchall())
        return time.perf_counter() - started, rows


def _naive_p50(connection: Connection, points: Sequence[Point]) -> float:
    return milliseconds([_naive(connection, *point) for point in points], 50)[0]


def _naive(connection: Connection, lat: float, lng: float) -> float:
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, name, address, phone, lat, lng FROM pharmacy")
        rows = cursor.fetchall()
    near = sorted((metres, row[0]) for row in rows if (metres := _haversine(lat, lng, row[4], row[5])) <= _RADIUS)
    assert len(near[:_LIMIT]) <= _LIMIT
    return time.perf_counter() - started


def _haversine(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    north, east = math.radians(other_lat - lat), math.radians(other_lng - lng)
    inner = math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * math.sin(east / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(math.sin(north / 2) ** 2 + inner))


# --- a day of lookups ---


def _day(result: Result, site: Site, quick: bool) -> None:
    site.standin("POST", "/settings", {"kakao_seconds": 0, "kakao_daily_quota": 1_000_000})
    site.standin("DELETE", "/calls")
    told = _told(site, _QUICK_LOOKUPS if quick else _LOOKUPS)
    rows: list[Sequence[Cell]] = []
    for day in told:
        saved = 100 * (1 - day["calls"] / day["lookups"])
        rows.append([day["day"], day["lookups"], day["cells"], day["calls"], f"{saved:.2f} %"])
    assert sum(day["calls"] for day in told) == site.calls()["kakao_local"]["category"]
    saved = 100 * (1 - told[-1]["calls"] / told[-1]["lookups"])
    result.goals.append(Goal("calls to Kakao saved on a later day", "99 %", f"{saved:.2f} %", saved >= 99))
    columns = ["day", "lookups", "cells held", "calls to Kakao", "saved"]
    note = (
        "Each lookup stands around the middle of a city, county or ward, drawn by how many pharmacies it has (for the "
        "people who live there); without cells it would cost one call at least. A later day: other lookups, and the "
        "thirtieth part of the cells that is due for its refresh."
    )
    result.tables.append(Table("Calls to Kakao in a day of lookups", columns, rows, note))


def _told(site: Site, lookups: int) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.pharmacy_day", str(lookups)]
    env = site.env | {"LOG_LEVEL": "ERROR", "KAKAO_LOCAL_DAILY_BUDGET": "1000000"}
    done = subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-4_000:], file=sys.stderr)
        done.check_returncode()
    days: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return days


if __name__ == "__main__":
    harness.main(run)
