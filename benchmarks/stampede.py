"""Crowds: 1,000 first requests for one unknown name at the same moment, and hot searches while the source stalls."""

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import harness, traffic
from benchmarks.client import Ask, Load, run_clients, search_path
from benchmarks.harness import Site, Web
from benchmarks.results import Cell, Goal, Result, Table, milliseconds, percentile

_TIMEOUT = 40.0
_STALL_SECONDS = 30
_SOURCES = ("getDrbEasyDrugList", "getDrugPrdtPrmsnInq07")


@dataclass(frozen=True, slots=True)
class _Size:
    crowd: int
    names: int
    stalled_names: int
    rounds: int
    hot_seconds: float
    hot_clients: int


_FULL = _Size(crowd=1_000, names=5, stalled_names=100, rounds=3, hot_seconds=5, hot_clients=4)
_QUICK = _Size(crowd=20, names=2, stalled_names=6, rounds=1, hot_seconds=1, hot_clients=1)


def run(*, quick: bool) -> Result:
    size = _QUICK if quick else _FULL
    with Site(quick=quick) as site:
        result = Result("stampede", "Crowds and a stalled source", site.load(), quick=quick)
        web = site.start_web()
        _same_name(site, web, size, result)
        _stalled(site, web, size, result)
    return result


@dataclass(frozen=True, slots=True)
class _Seen:
    """`stale`: the answer says that a source was not heard."""

    status: int
    seconds: float
    stale: bool


async def _ask(port: int, ask: Ask, gate: asyncio.Event) -> _Seen:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return _Seen(0, 0.0, False)
    await gate.wait()
    started = time.perf_counter()
    head = f"GET {ask.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: {ask.address}\r\nConnection: close\r\n\r\n"
    try:
        writer.write(head.encode())
        answer = await asyncio.wait_for(reader.read(), _TIMEOUT)
    except (OSError, TimeoutError):
        answer = b""
    finally:
        writer.close()
    status = re.match(rb"HTTP/1\.1 (\d{3})", answer)
    return _Seen(int(status[1]) if status else 0, time.perf_counter() - started, b'"stale":true' in answer)


async def _crowd(port: int, asks: Sequence[Ask]) -> list[_Seen]:
    gate = asyncio.Event()
    waiting = [asyncio.create_task(_ask(port, ask, gate)) for ask in asks]
    await asyncio.sleep(1)  # until all are connected
    gate.set()
    return list(await asyncio.gather(*waiting))


def _same_name(site: Site, web: Web, size: _Size, result: Result) -> None:
    site.standin("POST", "/settings", {"easydrug_seconds": 0.2, "permit_list_seconds": 0.2})
    rows: list[list[Cell]] = []
    worst, failed = 0, 0
    for number, name in enumerate(traffic.unknown_names(size.names, seed=traffic.SEED + 10), start=1):
        site.standin("DELETE", "/calls")
        asks = [Ask("crowd", search_path(name), _address(place)) for place in range(size.crowd)]
        seen = asyncio.run(_crowd(web.port, asks))
        calls = [site.calls()["datagokr"].get(source, 0) for source in _SOURCES]
        rows.append([number, size.crowd, *calls, _statuses(seen), *milliseconds([s.seconds for s in seen], 50, 99)])
        worst, failed = max(worst, *calls), failed + sum(s.status != 200 for s in seen)
    columns = [
        "name",
        "requests at once",
        "calls to e약은요",
        "calls to the permit list",
        "answers",
        "p50 ms",
        "p99 ms",
    ]
    note = "“not heard”: empty, and marked as not checked at the source, because others were out asking already."
    result.tables.append(Table("The same unknown name, never asked before", columns, rows, note))
    result.goals += [
        Goal(f"calls to each source for {size.crowd:,} first requests at once", "1", str(worst), worst == 1),
        Goal("of these, failed requests", "0", str(failed), failed == 0),
    ]


def _statuses(seen: Sequence[_Seen]) -> str:
    counts = Counter(f"{s.status}{' not heard' if s.stale else ''}" for s in seen)
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))


def _stalled(site: Site, web: Web, size: _Size, result: Result) -> None:
    hot = [search_path(brand) for brand, _ in traffic.names(site)[:20]]
    _hot(web, hot, size, seconds=1)  # fills every tier
    names = iter(traffic.unknown_names(size.stalled_names * size.rounds, seed=traffic.SEED + 11))
    rows: list[list[Cell]] = []
    before, during = list[float](), list[float]()
    for number in range(1, size.rounds + 1):
        quiet = _hot(web, hot, size, seconds=size.hot_seconds)
        site.standin("POST", "/faults", {"vendor": "datagokr", "kind": "latency", "seconds": _STALL_SECONDS})
        asks = [Ask("stalled", search_path(next(names)), _address(place)) for place in range(size.stalled_names)]
        crowd, busy = _hot_with_crowd(web, hot, size, asks)
        site.standin("DELETE", "/faults")
        for phase, load in (("before", quiet), ("stalled", busy)):
            p50, p99, worst = milliseconds([sample.seconds for sample in load.samples], 50, 99, 100)
            rows.append([number, phase, len(load.samples), p50, p99, worst, _failed(load)])
        before += [sample.seconds for sample in quiet.samples]
        during += [sample.seconds for sample in busy.samples]
        rows[-1] = [*rows[-1][:-1], f"{_failed(busy)}; unknown names: {_statuses(crowd)}"]
    columns = ["round", "phase", "hot searches", "p50 ms", "p99 ms", "max ms", "failed"]
    result.tables.append(Table(f"{size.stalled_names} unknown names while the source stalls", columns, rows))
    ratio = percentile(during, 99) / percentile(before, 99)
    result.goals.append(Goal("p99 of hot searches, source stalled against before", "≤ 2", f"{ratio:.2f}", ratio <= 2))


def _failed(load: Load) -> int:
    return sum(sample.status != 200 for sample in load.samples)


def _hot(
    web: Web, hot: Sequence[str], size: _Size, *, seconds: float, on_start: Callable[[], None] | None = None
) -> Load:
    """More requests than can be sent in the time, which ends them."""
    asks = [Ask("hot", path, _address(place)) for place, path in enumerate([*hot] * (500 * size.hot_clients))]
    return run_clients(web.port, asks, clients=size.hot_clients, seconds=seconds, on_start=on_start)


def _hot_with_crowd(web: Web, hot: Sequence[str], size: _Size, asks: Sequence[Ask]) -> tuple[list[_Seen], Load]:
    """Hot searches during which the crowd arrives, as soon as the clients have begun."""
    seen: list[_Seen] = []
    crowd = threading.Thread(target=lambda: seen.extend(asyncio.run(_crowd(web.port, asks))))
    load = _hot(web, hot, size, seconds=size.hot_seconds, on_start=crowd.start)
    crowd.join(_TIMEOUT)
    return seen, load


def _address(number: int) -> str:
    return f"10.1.{number // 250}.{number % 250 + 1}"


if __name__ == "__main__":
    harness.main(run)
