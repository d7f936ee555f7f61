"""What one and two web processes answer past nginx's cache, and what a million requests cost on one such machine."""

import contextlib
from statistics import median

from benchmarks import edges
from benchmarks.client import search_path
from benchmarks.edge_sides import GIVEN, Side, Sides, interleave
from benchmarks.edges import PAST_THE_CACHE
from benchmarks.harness import Site
from benchmarks.results import Cell, Result, Table

# docs/scaling.md, "What is assumed": two cores and 8 GB for a month; the busiest second is 5 times the mean of the day;
# a machine may be 70 % full then.
MACHINE_DOLLARS_A_MONTH, BUSIEST, FULL = 50.0, 5.0, 0.7
_SECONDS_A_MONTH = 365.25 / 12 * 86_400
_TIERS: dict[str, dict[str, str]] = {"memory": {}, "Redis": {"L1_SECONDS": "0"}}
_SECONDS = 3


def measure(site: Site, query: str, *, quick: bool) -> Sides:
    """Each tier's hits with one and with two processes; in a quick run with one."""
    sides: dict[str, Side] = {}
    with contextlib.ExitStack() as stack:
        for tier, variables in _TIERS.items():
            for workers in (1,) if quick else (1, 2):
                web = site.start_web(workers=workers, **edges.ALIKE, **variables)
                front = stack.enter_context(edges.front(site, f"{tier}-{workers}", web.own_ports))
                sides[_name(tier, workers)] = Side(front.url, web.master.children, (*GIVEN, PAST_THE_CACHE))
        interleave(site, sides, search_path(query), seconds=_SECONDS, quick=quick)
    return sides


def _name(tier: str, workers: int) -> str:
    return f"{tier} hits, {workers} web process{'es' if workers > 1 else ''}"


def describe(result: Result, sides: Sides, replayed: float) -> None:
    rows = [
        side.row(name, median(side.rates), side.share_of(sides[_name(tier, 1)]))
        for tier in _TIERS
        for name, side in sides.items()
        if name.startswith(tier)
    ]
    columns = ["what", "requests/s", "× one process", "CPU µs of its processes a request", "rounds"]
    result.tables.append(Table("Past nginx's cache, with one and two web processes", columns, rows))
    rates = {"the replay above": replayed} | {name: median(side.rates) for name, side in sides.items()}
    result.tables.append(_costs(rates))


def _costs(rates: dict[str, float]) -> Table:
    rows: list[list[Cell]] = [
        [name, round(rate), f"${dollars(rate):.3f}", f"${dollars(rate * FULL / BUSIEST):.3f}"]
        for name, rate in rates.items()
    ]
    note = (
        f"${MACHINE_DOLLARS_A_MONTH:g} a month for a machine like this one, as docs/scaling.md assumes. Full: asked as "
        f"fast as it answers, day and night. As planned: at most {FULL:.0%} full in a busiest second that is "
        f"{BUSIEST:g} times the mean. The machine carried the client too, and searches alone; traffic out is not in "
        "it."
    )
    columns = ["what", "requests/s", "a million requests, full", "a million requests, as planned"]
    return Table("One machine: capacity and cost", columns, rows, note)


def dollars(per_second: float) -> float:
    """What a million requests cost when the machine answers so many a second all month."""
    return MACHINE_DOLLARS_A_MONTH / (per_second * _SECONDS_A_MONTH) * 1e6
