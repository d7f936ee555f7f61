"""Months of readers against the stand-in of the model: which calls caching saves, and what the rest costs."""

import json
import subprocess
import sys
from typing import Any

from benchmarks import harness
from benchmarks.harness import Site
from benchmarks.results import Cell, Goal, Result, Table
from sandbox.home import PROJECT

READERS_A_DAY, DAYS, CHANGED = 10_000, 30, 0.02
QUICK_READERS, QUICK_DAYS = 200, 3
# Only one of so many products, and one of so many readers: what costs is the first reader of each text.
ONE_OF = 8
BUDGET = 8.0


def run(*, quick: bool) -> Result:
    readers, days, one_of = (QUICK_READERS, QUICK_DAYS, 1) if quick else (READERS_A_DAY, DAYS, ONE_OF)
    with Site(quick=quick) as site:
        result = Result("summary_month", "A month of summaries", site.load(), quick=quick)
        site.standin("POST", "/settings", {"completion_seconds": 0})
        told = _readers(site, readers // one_of, days, one_of)
        sent = site.calls()["openai"].get("chat.completions", 0)
    result.notes += [
        f"{readers:,} readers a day for {days} days, by Zipf's law over the products with an e약은요 label; "
        f"{100 * CHANGED:.0f} % of the labels change once. Measured on one of {one_of} products and one of {one_of} "
        "readers; what is under “whole” is that, multiplied.",
        "The first reader of each text goes through the real caches, PostgreSQL and HTTP to the stand-in, as do 1 % of "
        "those who come to a text that is there; the other 99 % are only counted, since a text that is there costs "
        "nothing. No batch: every call is a direct one at the full price of the first model. The second month has the "
        "texts of the first. The "
        "stand-in counts a token for 1.5 characters; a real model's text may be longer or shorter.",
    ]
    result.tables.append(_table(told, one_of))
    result.goals += _goals(told, sent, one_of)
    return result


def _readers(site: Site, readers: int, days: int, one_of: int) -> Any:
    command = [sys.executable, "-m", "benchmarks.month_readers", str(readers), str(days), str(CHANGED)]
    command.append(str(one_of))
    done = subprocess.run(command, env=site.env | {"LOG_LEVEL": "WARNING"}, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-2_000:], done.stderr[-4_000:], file=sys.stderr)
        done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def _table(told: Any, one_of: int) -> Table:
    labels = {
        "changed": "labels that changed",
        "readers": "readers",
        "calls": "calls",
        "cost": "cost, USD",
        "uncached": "cost of one call for each reader, USD",
        "real": "readers through the real path",
    }
    whole = [f"{one_of * month['cost']:.2f} for {one_of * month['uncached']:.2f}" for month in told["months"]]
    rows: list[list[Cell]] = [
        [label, *(round(month[name], 2) for month in told["months"])] for name, label in labels.items()
    ]
    rows.append(["whole: cost, USD, for the cost of one call for each reader", *whole])
    columns = ["", "first month, from nothing", "next month"]
    return Table(f"Two months, {told['products']:,} products with a label", columns, rows)


def _goals(told: Any, sent: int, one_of: int) -> list[Goal]:
    goals = []
    for name, month in zip(("first month", "next month"), told["months"], strict=True):
        saved = 100 * (1 - month["calls"] / month["readers"])
        goals += [
            Goal(f"{name}: fewer calls than one for each reader", "≥ 99 %", f"{saved:.2f} %", saved >= 99),
            Goal(
                f"{name}: cost", f"< ${BUDGET:.0f}", f"${one_of * month['cost']:.2f}", one_of * month["cost"] < BUDGET
            ),
        ]
    written = sum(month["calls"] for month in told["months"])
    return [*goals, Goal("the ledger has every call that was sent", str(sent), str(written), sent == written)]


if __name__ == "__main__":
    harness.main(run)
