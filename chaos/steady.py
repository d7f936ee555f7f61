"""`make load`: signed-in people at 70 % of what the machine can do, for ten minutes; docs/load.md is written from it.

First as many requests as eight people without a pause get answered in half a minute (the capacity, clients included,
since they share the machine), then 70 % of that: each request has its moment, and one that begins late was waited for
all the same. Ends with 1 when there was a 5xx, p99 was over 100 ms, or memory grew.
"""

import argparse
import gc
import os
import platform
import random
import sys
import time
from collections.abc import Iterator
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

# The speed of a shared machine goes up and down within seconds: a shorter look at it may meet a fast moment alone.
_PEOPLE, _PROBE, _SHARE, _MINUTE = 8, 30.0, 0.7, 60.0
_MOST_P99_MS, _MOST_GROWTH, _LEAST_REACHED = 100.0, 1.1, 0.95
_PAGE = """# A steady load

Written by `make load`; do not edit. {people} signed-in people through TLS and nginx: 70 % searches, 20 % products, 10 %
their own schedule of the day; none of it from nginx's cache, which never serves the signed-in. Times count from the
moment a request was due, also when its person was still waiting for the one before. {machine}; the clients share its
cores. {stamp}.

| | goal | seen |
|---|---|---|
| capacity: answers a second without a pause, {probe:g} s | | {capacity:.0f} |
| answers a second at 70 % of it, for {seconds:g} s | {rate:.0f} | {reached:.0f} ({requests:,} in all) |
| failed (5xx or no answer) | 0 % | {failed:g} % {failures} |
| p50, p99 | p99 under 100 ms | {p50:g} ms, {p99:g} ms |
| the web's memory, after a minute and at the end | flat (at most 10 % more) | {early:.0f} MB, {late:.0f} MB |

Stolen is what other machines took of this one's processors while it wanted to work, as the kernel counts it (`steal`).

| from second | answers | failed | p50 | p99 | the web's memory at its end | stolen |
|---|---|---|---|---|---|---|
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
class Minute:
    """A stretch of the load: from which second on, what was seen, the web's memory at its end in MB, and how many
    percent of the processors' time the hypervisor gave to others.
    """

    begins: float
    seen: list[Seen]
    memory: float
    stolen: float

    @property
    def row(self) -> str:
        return (
            f"| {self.begins:.0f} | {len(self.seen):,} | {share(self.seen):g} % | {p50(self.seen):g} ms "
            f"| {p99(self.seen):g} ms | {self.memory:.0f} MB | {self.stolen:.1f} % |"
        )


def people(site: Site, rate: float | None) -> Crowd:
    crowd = Crowd(site, _PEOPLE, kind=SignedIn, all_signed_in=True)
    for person in crowd.people:
        person.rate = rate / _PEOPLE if rate else None  # type: ignore[attr-defined]
    crowd.start()
    return crowd


def capacity_of(site: Site) -> float:
    """Answers a second without a pause, after a first moment."""
    crowd = people(site, None)
    time.sleep(_PROBE / 2)
    moment = time.monotonic()
    time.sleep(_PROBE)
    answered = len(crowd.since(moment))
    crowd.stop()
    return answered / _PROBE


def minutes(site: Site, rate: float, seconds: float) -> Iterator[Minute]:
    """After a first moment, in which everybody connects."""
    crowd = people(site, rate)
    time.sleep(_PROBE / 2)
    began = time.monotonic()
    length = min(_MINUTE, seconds / 2)
    try:
        for number in range(round(seconds / length)):
            before = psutil.cpu_times()
            time.sleep(max(0.0, began + (number + 1) * length - time.monotonic()))
            ends = began + (number + 1) * length
            taken = stolen(before, psutil.cpu_times())
            seen = [s for s in crowd.since(began + number * length) if s.at < ends]
            yield Minute(number * length, seen, memory(site), taken)
    finally:
        crowd.stop()


def memory(site: Site) -> float:
    return sum(process.memory_info().rss for process in site.web_workers()) / 1e6


def stolen(before: Any, after: Any) -> float:
    """Percent, of two looks at `psutil.cpu_times()`; 0 where the system does not tell."""
    return 100 * (getattr(after, "steal", 0.0) - getattr(before, "steal", 0.0)) / (sum(after) - sum(before))


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
        capacity = capacity_of(site)
        told = []
        for minute in minutes(site, _SHARE * capacity, seconds):
            told.append(minute)
            print(minute.row, flush=True)
    finally:
        site.stop()
    return _report(told, capacity, seconds)


def _report(told: list[Minute], capacity: float, seconds: float) -> int:
    seen, early, late = [s for minute in told for s in minute.seen], told[0].memory, told[-1].memory
    page = _PAGE.format(
        people=_PEOPLE, machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}", probe=_PROBE,
        stamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M+00:00"), capacity=capacity, rate=_SHARE * capacity,
        reached=len(seen) / seconds, seconds=seconds, requests=len(seen), failed=share(seen), failures=failures(seen),
        p50=p50(seen), p99=p99(seen), early=early, late=late, rows="\n".join(minute.row for minute in told),
    )  # fmt: skip
    print(page)
    (PROJECT / "docs" / "load.md").write_text(page)
    reached = len(seen) >= _LEAST_REACHED * _SHARE * capacity * seconds
    return 0 if reached and share(seen) == 0 and p99(seen) < _MOST_P99_MS and late < _MOST_GROWTH * early else 1


if __name__ == "__main__":
    sys.exit(main())
