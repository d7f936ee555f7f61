"""A replay of 100,000 searches: how many are quick, which tier answers, how many outside calls are spared.

The site starts cold: nothing is in any cache and no summary is written.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import psutil

from benchmarks import harness, traffic
from benchmarks.client import Load, Sample, run_clients
from benchmarks.harness import Site, Web
from benchmarks.results import Cell, Goal, Result, Table, milliseconds

QUICK_SECONDS = 0.1
_TIERS = ("memory", "redis", "db", "api", "stale")
# The predecessor's first page; it asked for each row's text separately.
_SEED_ROWS = 10
_CLIENTS = 8
_LIMIT_SECONDS = 900.0
_DRAIN_SECONDS = 240.0
# As in the predecessor's measurement: a source of 200 ms, a model of 1 s; a permit detail is shortened from 4 s.
_VENDORS = {
    "easydrug_seconds": 0.2,
    "permit_list_seconds": 0.2,
    "permit_detail_seconds": 0.5,
    "completion_seconds": 1.0,
}


def run(*, quick: bool) -> Result:
    with Site(quick=quick) as site:
        result = Result("replay", "Replayed traffic", site.load(), quick=quick)
        site.standin("POST", "/settings", _VENDORS)
        web, _ = site.start_web(), site.start_worker()
        asks = traffic.searches(site, 200 if quick else 100_000, opened=0.02 if quick else traffic.OPENED)
        site.standin("DELETE", "/calls")
        before = _cpu(web)
        load = run_clients(web.port, asks, clients=2 if quick else _CLIENTS, seconds=_LIMIT_SECONDS)
        used = {pid: spent - before.get(pid, 0.0) for pid, spent in _cpu(web).items()}
        drained = site.drain(seconds=_DRAIN_SECONDS)
        _describe(result, load, used, site.calls(), drained=drained, sent=len(asks))
    return result


def _cpu(web: Web) -> dict[int, float]:
    return {worker.pid: _seconds(worker) for worker in web.workers}


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _describe(
    result: Result,
    load: Load,
    used: Mapping[int, float],
    calls: Mapping[str, Mapping[str, int]],
    *,
    drained: bool,
    sent: int,
) -> None:
    searched = load.of(*traffic.MIX)
    result.notes += [
        f"{len(searched):,} searches on a site that starts cold: nothing in any cache, no summary written.",
        "Zipf (weight 1/rank) over all products in a random order.",
        "Shares of what is typed: " + ", ".join(f"{kind} {share:.0%}" for kind, share in traffic.MIX.items()) + ".",
        f"{traffic.UNKNOWN_NAMES} names that nobody has; {traffic.OPENED:.0%} of searches open a detail and a summary.",
        "Stand-ins: sources 200 ms, permit detail 500 ms, model 1 s. Limits raised, not removed.",
        f"{_CLIENTS} clients, each waiting for its answer; latency at the client, whose own cost is "
        f"{load.client_microseconds:.0f} µs CPU a request, on the same cores as everything else.",
        f"{load.per_second:,.0f} requests/s; web processes' CPU: {_shares(used)}.",
        "" if drained else "Background tasks were left at the end.",
    ]
    result.tables += [_latencies(searched), _by_tier(searched), _opened(load), _calls(calls, searched)]
    result.goals += [*_quick_goals(searched, sent), _saved_goal(calls, searched), _faults_goal(load)]


def _shares(used: Mapping[int, float]) -> str:
    total = sum(used.values()) or 1.0
    return " / ".join(f"{spent / total:.0%}" for spent in used.values()) + f" of {total:.0f} s"


def _latencies(searched: Sequence[Sample]) -> Table:
    groups = {"all": searched} | {kind: [s for s in searched if s.kind == kind] for kind in traffic.MIX}
    rows: list[list[Cell]] = [
        [kind, len(found), *milliseconds([s.seconds for s in found], 50, 95, 99, 99.9), _quick_share(found)]
        for kind, found in groups.items()
        if found
    ]
    columns = ["typed", "searches", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "under 100 ms"]
    return Table("Searches by what was typed", columns, rows)


def _quick_share(found: Sequence[Sample]) -> str:
    return f"{100 * sum(s.seconds < QUICK_SECONDS for s in found) / len(found):.3f} %"


def _by_tier(searched: Sequence[Sample]) -> Table:
    """A tier's hit rate is of the searches that reached it."""
    counts = Counter(sample.tier or f"status {sample.status}" for sample in searched)
    names = [*(tier for tier in _TIERS if counts[tier]), *(name for name in counts if name not in _TIERS)]
    rows, reached = list[list[Cell]](), len(searched)
    for name in names:
        found = [s.seconds for s in searched if (s.tier or f"status {s.status}") == name]
        rate, share = 100 * len(found) / reached, 100 * len(found) / len(searched)
        rows.append([name, len(found), f"{share:.2f} %", f"{rate:.1f} %", *milliseconds(found, 50, 99)])
        reached -= len(found)
    columns = ["X-Cache", "searches", "share", "of those that reached it", "p50 ms", "p99 ms"]
    return Table("Searches by the tier that answered", columns, rows)


def _opened(load: Load) -> Table:
    kinds = sorted({s.kind for s in load.samples if s.kind == "detail" or s.kind.startswith("summary")})
    rows: list[list[Cell]] = [
        [kind, len(found), *milliseconds([s.seconds for s in found], 50, 99), _statuses(found)]
        for kind, found in ((kind, load.of(kind)) for kind in kinds)
    ]
    return Table("Opened medicines", ["view", "requests", "p50 ms", "p99 ms", "statuses"], rows)


def _statuses(found: Sequence[Sample]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(Counter(s.status for s in found).items()))


def _without_cache(searched: Sequence[Sample]) -> tuple[int, int]:
    """Calls to the source and to the model that the predecessor made: 1 + N a search, each time."""
    return len(searched), sum(min(sample.hits, _SEED_ROWS) for sample in searched)


def _calls(calls: Mapping[str, Mapping[str, int]], searched: Sequence[Sample]) -> Table:
    sums = {vendor: sum(counts.values()) for vendor, counts in calls.items()}
    rows: list[list[Cell]] = []
    for vendor, wanted in zip(("datagokr", "openai"), _without_cache(searched), strict=True):
        made = sums.get(vendor, 0)
        rows.append([vendor, wanted, made, f"{_saved(made, wanted):.2f} %", _by_operation(calls.get(vendor, {}))])
    note = "Without a cache: the predecessor's 1 + N calls for each search (N: rows of its first page, at most 10)."
    return Table("Outside calls", ["vendor", "without a cache", "made", "saved", "by operation"], rows, note)


def _by_operation(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{operation} {count:,}" for operation, count in sorted(counts.items())) or "none"


def _saved(made: int, wanted: int) -> float:
    return 100 * (1 - made / wanted) if wanted else 0.0


def _quick_goals(searched: Sequence[Sample], sent: int) -> list[Goal]:
    quick = sum(sample.seconds < QUICK_SECONDS for sample in searched)
    # What is not here must be asked of the ministry before anybody may say that it does not exist.
    found = [sample for sample in searched if sample.hits]
    quick_found = sum(sample.seconds < QUICK_SECONDS for sample in found)
    share, found_share = 100 * quick / len(searched), 100 * quick_found / max(1, len(found))
    return [
        Goal("searches answered", f"{sent:,}", f"{len(searched):,}", len(searched) == sent),
        Goal("searches under 100 ms", "99.9 %", f"{share:.3f} %", share >= 99.9),
        Goal("the same, of searches that find something", "99.9 %", f"{found_share:.3f} %", found_share >= 99.9),
    ]


def _saved_goal(calls: Mapping[str, Mapping[str, int]], searched: Sequence[Sample]) -> Goal:
    made = sum(sum(counts.values()) for counts in calls.values())
    saved = _saved(made, sum(_without_cache(searched)))
    return Goal("outside calls saved against no cache", "99 %", f"{saved:.2f} %", saved >= 99)


def _faults_goal(load: Load) -> Goal:
    faults = {status: count for status, count in load.statuses().items() if status == 0 or status >= 400}
    return Goal("failed requests", "0", str(faults or 0), not faults)


if __name__ == "__main__":
    harness.main(run)
