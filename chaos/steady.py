"""`make load`: signed-in people at 70 % of what the machine can do, for ten minutes; docs/load.md is written from it.

First as many requests as eight people without a pause get answered in ten seconds (the capacity, clients included,
since they share the machine), then 70 % of that. Ends with 1 when there was a 5xx, p99 was over 100 ms, or memory grew.
"""

import argparse
import os
import platform
import random
import sys
import time
from datetime import UTC, datetime
from urllib.parse import quote

from chaos import nobodys

nobodys.pretend()

from chaos.load import NAMES, Crowd, Person, Seen, p99, share  # noqa: E402
from chaos.site import Site  # noqa: E402
from sandbox.home import PROJECT  # noqa: E402

_PEOPLE, _PROBE, _SHARE = 8, 10.0, 0.7
_MOST_P99_MS, _MOST_GROWTH = 100.0, 1.1
_PAGE = """# A steady load

Written by `make load`; do not edit. {people} signed-in people through TLS and nginx: 70 % searches, 20 % products, 10 %
their own schedule of the day; none of it from nginx's cache, which never serves the signed-in. {machine}; the clients
share its cores. {stamp}.

| | goal | seen |
|---|---|---|
| capacity: answers a second without a pause, {probe:g} s | | {capacity:.0f} |
| answers a second at 70 % of it, for {seconds:g} s | | {rate:.0f} ({requests:,} in all) |
| failed (5xx or no answer) | 0 % | {failed:g} % |
| p50, p99 | p99 under 100 ms | {p50:g} ms, {p99:g} ms |
| the web's memory, after a minute and at the end | flat (at most 10 % more) | {early:.0f} MB, {late:.0f} MB |
"""


class SignedIn(Person):
    """Asks `rate` times a second; None: without a pause."""

    always = True
    rate: float | None = None

    def _wait(self) -> float:
        return random.uniform(0.5, 1.5) / self.rate if self.rate else 0.0

    def _wish(self) -> tuple[str, str, str]:
        chance = random.random()
        if chance < 0.7:
            return "GET", f"/api/v1/medicines?q={quote(random.choice(NAMES))}&limit={random.randint(1, 20)}", ""
        if chance < 0.9:
            return "GET", "/api/v1/medicines/" + random.choice(("195700020", "197700120", "197900277")), ""
        return "GET", "/api/v1/schedules/today", ""


def during(site: Site, *, seconds: float, rate: float | None) -> list[Seen]:
    crowd = Crowd(site, _PEOPLE, kind=SignedIn, all_signed_in=True)
    for person in crowd.people:
        person.rate = rate / _PEOPLE if rate else None  # type: ignore[attr-defined]
    moment = time.monotonic()
    crowd.start()
    time.sleep(seconds)
    crowd.stop()
    return crowd.since(moment)


def memory(site: Site) -> float:
    return sum(process.memory_info().rss for process in site.web_workers()) / 1e6


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600)
    seconds = parser.parse_args().seconds
    site = Site()
    try:
        site.start()
        during(site, seconds=5, rate=None)
        capacity = len(during(site, seconds=_PROBE, rate=None)) / _PROBE
        rate = _SHARE * capacity
        warm = during(site, seconds=min(60, seconds / 5), rate=rate)
        early = memory(site)
        seen = warm + during(site, seconds=seconds - min(60, seconds / 5), rate=rate)
        late = memory(site)
    finally:
        site.stop()
    middle = sorted(s.seconds for s in seen)[len(seen) // 2] * 1000
    page = _PAGE.format(
        people=_PEOPLE, machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}", probe=_PROBE,
        stamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M+00:00"), capacity=capacity, rate=len(seen) / seconds,
        seconds=seconds, requests=len(seen), failed=share(seen), p50=round(middle, 1), p99=p99(seen),
        early=early, late=late,
    )  # fmt: skip
    print(page)
    (PROJECT / "docs" / "load.md").write_text(page)
    return 0 if share(seen) == 0 and p99(seen) < _MOST_P99_MS and late < _MOST_GROWTH * early else 1


if __name__ == "__main__":
    sys.exit(main())
