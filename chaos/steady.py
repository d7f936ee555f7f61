"""`make load`: signed-in people at 70 % of what the machine can do, for ten minutes; docs/load.md is written from it.

The speed of a shared machine goes up and down by a third within a minute. So before every twenty seconds those answers
are counted that all people without a pause get (the capacity, clients included, since they share the machine); then
comes 70 % of that: each request has its moment, and one that begins late was waited for all the same. Ends with 1
when there was a 5xx, p99 of all was over 100 ms, memory grew, or a twentieth of what was due was not even asked.
"""

import argparse
import contextlib
import gc
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import psutil

from chaos import nobodys

nobodys.pretend()

from chaos.fault import within  # noqa: E402
from chaos.load import NAMES, Crowd, Person, Seen, failures, p99, share  # noqa: E402
from chaos.site import Site  # noqa: E402
from sandbox.home import PROJECT  # noqa: E402

_PEOPLE, _PROBE, _SHARE, _STRETCH = 64, 5.0, 0.7, 20.0
# In which everybody connects.
_FIRST = 1.5
_MOST_P99_MS, _MOST_GROWTH, _LEAST_REACHED = 100.0, 1.1, 0.95
_PAGE = """# A steady load

Written by `make load`; do not edit. {people} signed-in people through TLS and nginx: 70 % searches, 20 % products, 10 %
their own schedule of the day; none of it from nginx's cache, which never serves the signed-in. Times count from the
moment a request was due, also when its person was still waiting for the one before. {machine}; the clients
share its cores. {stamp}.

| | goal | seen |
|---|---|---|
| capacity: answers a second without a pause, for {probe:g} s before each stretch | | {capacities} |
| answers a second at 70 % of it, for {seconds:g} s | {wanted:.0f} | {reached:.0f} ({requests:,} in all) |
| failed (5xx or no answer) | 0 % | {failed:g} % {failures} |
| p50, p99 of all stretches | p99 under 100 ms | {p50:g} ms, {p99:g} ms |
| the web's memory, after the first stretch and the last | flat (at most 10 % more) | {early:.0f} MB, {late:.0f} MB |

The work for an answer is the web's processor time: it is the same in each stretch of {stretch:g} s, so it tells how
fast the machine was. Stolen is what the hypervisor gave to others while this machine wanted to work, as the kernel
counts it.

| stretch | capacity | answers a second | failed | p50 | p99 | work for an answer | stolen | memory |
|---|---|---|---|---|---|---|---|---|
{rows}
"""


class SignedIn(Person):
    """Asks `rate` times a second; None: without a pause."""

    always = True
    rate: float | None = None
    _due = 0.0

    def _wait(self) -> float:
        if self.rate is None:
            return 0.0
        now = time.monotonic()
        self._due = (self._due or now) + random.uniform(0.5, 1.5) / self.rate
        return max(0.0, self._due - now)

    def _begins(self) -> float:
        return self._due or time.monotonic()

    def _wish(self) -> tuple[str, str, str]:
        chance = random.random()
        if chance < 0.7:
            return "GET", f"/api/v1/medicines?q={quote(random.choice(NAMES))}&limit={random.randint(1, 20)}", ""
        if chance < 0.9:
            return "GET", "/api/v1/medicines/" + random.choice(("195700020", "197700120", "197900277")), ""
        return "GET", "/api/v1/schedules/today", ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was seen in `seconds` at 70 % of `capacity` (answers a second), the web's processor time (s) and memory at
    the end (MB), and how many percent of the processors' time the hypervisor gave to others.
    """

    capacity: float
    seconds: float
    seen: list[Seen]
    worked: float
    stolen: float
    memory: float

    @property
    def row(self) -> str:
        return (
            f"{self.capacity:.0f} | {len(self.seen) / self.seconds:.0f} | {share(self.seen):g} % "
            f"| {p50(self.seen):g} ms | {p99(self.seen):g} ms | {1000 * self.worked / max(1, len(self.seen)):.2f} ms "
            f"| {self.stolen:.1f} % | {self.memory:.0f} MB |"
        )


@contextlib.contextmanager
def people(site: Site, rate: float | None) -> Iterator[Crowd]:
    """At work, and connected already; `rate`: of all together, None without a pause."""
    crowd = Crowd(site, _PEOPLE, kind=SignedIn, all_signed_in=True)
    for person in crowd.people:
        person.rate = rate / _PEOPLE if rate else None  # type: ignore[attr-defined]
    try:
        crowd.start()
        time.sleep(_FIRST)
        yield crowd
    finally:
        crowd.stop()


def capacity_of(site: Site) -> float:
    with people(site, None) as crowd:
        moment = time.monotonic()
        time.sleep(_PROBE)
        answered = sum(not s.failed for s in crowd.since(moment))
    return answered / _PROBE


def stretch(site: Site, seconds: float) -> Stretch:
    capacity = capacity_of(site)
    with people(site, max(1.0, _SHARE * capacity)) as crowd:
        began, cpu, work = time.monotonic(), psutil.cpu_times(), worked(site)
        time.sleep(seconds)
        taken, work = stolen(cpu, psutil.cpu_times()), worked(site) - work
        crowd.settle()
        seen = [s for s in crowd.since(began) if s.at < began + seconds]
    return Stretch(capacity, seconds, seen, work, taken, memory(site))


def worked(site: Site) -> float:
    """Processor time of the web's processes, in seconds."""
    times = [process.cpu_times() for process in site.web_workers()]
    return sum(each.user + each.system for each in times)


def memory(site: Site) -> float:
    return sum(process.memory_info().rss for process in site.web_workers()) / 1e6


def stolen(before: Any, after: Any) -> float:
    """Percent, of two looks at `psutil.cpu_times()`; 0 where the system does not tell."""
    taken = float(getattr(after, "steal", 0.0)) - float(getattr(before, "steal", 0.0))
    return 100 * taken / float(sum(after) - sum(before))


def p50(seen: list[Seen]) -> float:
    times = sorted(s.seconds for s in seen)
    return round(1000 * times[len(times) // 2], 1) if times else 0.0


def stand_still_no_more() -> None:
    """Python's collector would stop all people at once for a third of a second, now and then: it would be measured."""
    gc.collect()
    gc.disable()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    seconds = parser.parse_args().seconds
    site = Site()
    try:
        with within(150):
            site.start()
        stand_still_no_more()
        told = []
        # At least two, of whose memory the second's is compared.
        for number in range(max(2, round(seconds / _STRETCH))):
            told.append(stretch(site, min(_STRETCH, seconds / 2)))
            print(number + 1, "|", told[-1].row, flush=True)
    finally:
        site.stop()
    return _report(told)


def _report(told: Sequence[Stretch]) -> int:
    seen, early, late = [s for each in told for s in each.seen], told[0].memory, told[-1].memory
    seconds = sum(each.seconds for each in told)
    capacities = sorted(each.capacity for each in told)
    wanted = _SHARE * statistics.fmean(capacities)
    page = _PAGE.format(
        people=_PEOPLE, probe=_PROBE, stretch=_STRETCH,
        machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        stamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M+00:00"), wanted=wanted, seconds=seconds, requests=len(seen),
        capacities=f"{capacities[0]:.0f} to {capacities[-1]:.0f}, {statistics.median(capacities):.0f} at the median",
        reached=len(seen) / seconds, failed=share(seen), failures=failures(seen), p50=p50(seen), p99=p99(seen),
        early=early, late=late, rows="\n".join(f"| {n} | {each.row}" for n, each in enumerate(told, 1)),
    )  # fmt: skip
    print(page)
    (PROJECT / "docs" / "load.md").write_text(page)
    reached = len(seen) >= _LEAST_REACHED * wanted * seconds
    return 0 if reached and share(seen) == 0 and p99(seen) < _MOST_P99_MS and late < _MOST_GROWTH * early else 1


if __name__ == "__main__":
    sys.exit(main())
