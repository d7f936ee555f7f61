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
QUICK_READERS, QUICK_DAYS = 80, 2
# Only one of so many products, and one of so many readers: what costs is the first reader of each text.
ONE_OF = 8
BUDGET = 8.0
PER_NIGHT = 200


def run(*, quick: bool) -> Result:
    readers, days, one_of = (QUICK_READERS, QUICK_DAYS, ONE_OF) if quick else (READERS_A_DAY, DAYS, ONE_OF)
    with Site(quick=quick) as site:
        result = Result("summary_month", "A month of summaries", site.load(), quick=quick)
        site.standin("POST", "/settings", {"completion_seconds": 0, "batch_seconds": 0})
        told = _readers(site, readers // one_of, days, one_of)
        seen = site.calls()["openai"]
    result.notes += [
        f"{readers:,} readers a day for {days} days, by Zipf's law over the products with an e약은요 label; "
        f"{100 * CHANGED:.0f} % of the labels change once. Measured on one of {one_of} labels and one of {one_of} "
        "readers, with that share of the budget; what is under “whole” is that, multiplied.",
        "The first reader of each text goes through the real caches, PostgreSQL and HTTP to the stand-in, as do 1 % of "
        "those who come to a text that is there; the other 99 % are only counted, since a text that is there costs "
        "nothing. The first day begins with no text at all. Every night the sweep makes the labels that changed anew, "
        "directly, and what has no text goes into batches of up to 500 lines, which come back a day later.",
        "A text is one answer of the model, direct or a line of a batch, and is what is paid. A request is what goes "
        "to the vendor over HTTP: a direct call, or one of the few by which a batch is uploaded, ordered, fetched and "
        "deleted. The second month has the texts of the first. The stand-in counts a token for 1.5 characters; a real "
        "model's text may be longer or shorter.",
    ]
    result.tables.append(_table(told, one_of))
    result.goals += _goals(told, seen, one_of)
    return result


def _readers(site: Site, readers: int, days: int, one_of: int) -> Any:
    command = [sys.executable, "-m", "benchmarks.month_readers", str(readers), str(days), str(CHANGED)]
    command.append(str(one_of))
    share = {"OPENAI_MONTHLY_BUDGET_USD": str(BUDGET / one_of), "SUMMARIES_PER_NIGHT": str(PER_NIGHT // one_of)}
    env = site.env | {"LOG_LEVEL": "WARNING"} | share
    done = subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-2_000:], done.stderr[-4_000:], file=sys.stderr)
        done.check_returncode()
    return json.loads(done.stdout.splitlines()[-1])


def _table(told: Any, one_of: int) -> Table:
    labels = {
        "changed": "labels that changed",
        "readers": "readers",
        "texts": "texts by the model",
        "batched": "of them in batches",
        "direct": "of them by direct calls",
        "requests": "requests to the vendor",
        "waiting": "readers who got the label's own words while a batch was under way",
        "cost": "cost, USD",
        "uncached": "cost of one call for each reader, USD",
        "real": "readers through the real path",
    }
    whole = [f"{one_of * month['cost']:.2f} for {one_of * month['uncached']:.2f}" for month in told["months"]]
    rows: list[list[Cell]] = [
        [label, *(round(month[name], 2) for month in told["months"])] for name, label in labels.items()
    ]
    rows.append(["texts, fewer than readers", *(f"{_saved(month, 'texts'):.2f} %" for month in told["months"])])
    rows.append(["whole: cost, USD, for the cost of one call for each reader", *whole])
    columns = ["", "first month, from nothing", "next month"]
    note = "No design writes fewer texts than one for each label that is read: that alone is the first month's share."
    return Table(f"Two months, {told['products']:,} products with a label", columns, rows, note)


def _saved(month: Any, what: str) -> float:
    """By how many percent there are fewer of these than readers."""
    return 100 * (1 - float(month[what]) / float(month["readers"]))


def _goals(told: Any, seen: Any, one_of: int) -> list[Goal]:
    goals = []
    for name, month in zip(("first month", "next month"), told["months"], strict=True):
        saved = _saved(month, "requests")
        goals += [
            Goal(f"{name}: fewer requests than one for each reader", "≥ 99 %", f"{saved:.2f} %", saved >= 99),
            Goal(
                f"{name}: cost", f"< ${BUDGET:.0f}", f"${one_of * month['cost']:.2f}", one_of * month["cost"] < BUDGET
            ),
        ]
    direct, counted = (sum(month[what] for month in told["months"]) for what in ("direct", "requests"))
    sent, everything = seen.get("chat.completions", 0), sum(seen.values())
    return [
        *goals,
        Goal("the ledger has every direct call that was sent", str(sent), str(direct), sent == direct),
        Goal("every request is counted", str(everything), str(counted), everything == counted),
    ]


if __name__ == "__main__":
    harness.main(run)
