"""docs/scaling.md counts with what docs/benchmarks.md measured, and what it works out comes out."""

import re

import pytest

from sandbox.home import PROJECT

PAGE = (PROJECT / "docs" / "scaling.md").read_text()
BENCHMARKS = (PROJECT / "docs" / "benchmarks.md").read_text()


def number(text):
    return float(text.replace(",", ""))


def rows(text):
    """The cells of each row of the first table."""
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert table, "no table"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines()]


def below(text, heading):
    return re.split(rf"^##+ {re.escape(heading)}\n", text, maxsplit=1, flags=re.MULTILINE)[1]


def measured(place):
    """The cell of benchmarks.md that "heading › row › column" names."""
    heading, row, column = place.split(" › ")
    head, _, *found = rows(below(BENCHMARKS, heading))
    return next(cells[head.index(column)] for cells in found if cells[0] == row)


INPUTS = rows(below(PAGE, "What was measured"))[2:]
NAMED = {name.strip("`"): number(value) for name, _, value, _ in INPUTS if name}
PLAN = rows(below(PAGE, "The formulas"))[2:]
SUMS = re.findall(r"`([\d.,×/ ()]+)` =\s([\d.,]*\d)", PAGE)


@pytest.mark.parametrize(("figure", "value", "place"), [row[1:] for row in INPUTS])
def test_what_the_plan_counts_with_was_measured(figure, value, place):
    assert value == measured(place)


def test_the_slowest_kind_of_search_is_the_slowest():
    place = next(place for name, _, _, place in INPUTS if name == "`d`")
    heading, _, column = place.split(" › ")
    head, _, *found = rows(below(BENCHMARKS, heading))
    assert NAMED["d"] == max(number(cells[head.index(column)]) for cells in found)


def told(value):
    """Three digits, from a hundred on whole numbers."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def plan(users):
    busiest = users * 0.2 * 10 * 5 / 86_400
    web = (busiest / (0.7 * NAMED["n"]), busiest * NAMED["c"] / 1e6 / 0.7)
    database = busiest * NAMED["d"] / 1e3 / 0.7
    disk, out = users * 0.2 * 3 * 365 * 200 / 1e9, 60 * users * 4e3 / 1e9
    return [busiest, 60 * users / 1e6, *web, database, disk, out, users * 0.2 / NAMED["h"]]


@pytest.mark.parametrize("row", PLAN, ids=lambda row: row[0])
def test_the_plans_rows_follow_from_it(row):
    assert row[1:] == [told(value) for value in plan(number(row[0]))]


@pytest.mark.parametrize(("formula", "result"), SUMS)
def test_what_is_worked_out_in_the_text_comes_out(formula, result):
    plain = formula.replace(",", "").replace("×", "*")
    assert f"{eval(plain):,.0f}" == result  # noqa: S307 - digits and signs alone


def test_each_sum_counts_with_what_was_measured():
    """Whoever copies a new value above is led to the sums that have the old one."""
    assert len(SUMS) == 4
    for name in ("n", "h"):
        assert any(f"{NAMED[name]:,.0f}" in formula for formula, _ in SUMS)
