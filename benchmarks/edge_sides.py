"""Those that `benchmarks.edge` measures in turn, and what is said of them."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks import traffic, wrk
from benchmarks.edges import HOST_HEADER, TAKES_GZIP
from benchmarks.harness import Site
from benchmarks.results import Cell

ROUNDS = 3
GIVEN = (HOST_HEADER, TAKES_GZIP)


@dataclass(slots=True)
class Side:
    """One address and the processes that work for it; `rates` and `cpu` (µs a request) have an entry a round."""

    url: str
    processes: Callable[[], Sequence[psutil.Process]]
    headers: tuple[str, ...] = GIVEN
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self, load: Callable[["Side"], wrk.Run]) -> None:
        before = self._cpu_seconds()
        done = load(self)
        self.rates.append(done.per_second)
        self.cpu.append((self._cpu_seconds() - before) / done.count * 1e6)

    def _cpu_seconds(self) -> float:
        times = [process.cpu_times() for process in self.processes()]
        return sum(each.user + each.system for each in times)

    @property
    def whole(self) -> float:
        """Requests a second over rounds of the same number of requests."""
        return statistics.harmonic_mean(self.rates)

    def share_of(self, other: "Side") -> float:
        """The median of the rounds' own shares, since the machine's speed drifts between them."""
        return statistics.median(mine / its for mine, its in zip(self.rates, other.rates, strict=True))

    def row(self, name: str, rate: float, share: float) -> list[Cell]:
        rounds = ", ".join(f"{each:,.0f}" for each in self.rates)
        return [name, round(rate), round(share, 2), round(statistics.median(self.cpu)), rounds]


Sides = Mapping[str, Side]


def interleave(site: Site, sides: Sides, path: str, *, seconds: int, quick: bool, rounds: int = ROUNDS) -> None:
    """One path from many addresses, so that nobody's own limit is met."""
    asks = listed(site, [(path, traffic.address(number)) for number in range(traffic.ADDRESSES)])

    def load(side: Side, seconds: int) -> wrk.Run:
        return wrk.around(side.url, asks, seconds=seconds, headers=side.headers)

    for side in () if quick else sides.values():
        load(side, 1)
    for _ in range(1 if quick else rounds):
        for side in sides.values():
            side.measure(lambda side: load(side, 1 if quick else seconds))


def listed(site: Site, part: Sequence[tuple[str, str]]) -> Path:
    path = site.home.run / "asks.txt"
    wrk.write_list(path, part)
    return path
