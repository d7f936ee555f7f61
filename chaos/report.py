"""docs/resilience.md, from one run's outcomes."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.home import PROJECT

if TYPE_CHECKING:
    from chaos.trial import Outcome

_PAGE = PROJECT / "docs" / "resilience.md"
_HEAD = """# Resilience

Written by `make chaos`; do not edit. Every fault was done to the real product (gunicorn with two processes, a Celery
worker, beat, PostgreSQL with fsync and a streaming replica, two Valkeys, nginx with the shipped `nginx.conf`) while
twelve people searched (70 %), opened products (20 %), and read and wrote lists of their own (10 %) through TLS.
{machine}, {stamp}.

*Failed*: answered with 5xx or not at all, of all requests from the moment of the harm until three seconds after its end
(what a kept connection that was closed meanwhile did not answer is asked once more: readings as browsers do, writings
as the app does, under the same Idempotency-Key).
*Normal after*: from the harm until the last failed request was over. *Lost*: writes answered with 201 that are not in
the database afterwards, counted anew after each fault.

| fault | requests | failed | p99 (calm before) | normal after | lost | what else |
|---|---|---|---|---|---|---|
"""


def _failed(outcome: "Outcome") -> str:
    return f"{outcome.failed:g} %" + (f" ({outcome.failures})" if outcome.failures else "")


def line(outcome: "Outcome") -> str:
    if outcome.skipped:
        return f"| {outcome.fault.name} | – | – | – | – | – | {outcome.told} |"
    return (
        f"| {outcome.fault.name} | {outcome.requests:,} | {_failed(outcome)} | {outcome.p99_ms:g} ms "
        f"({outcome.calm_p99_ms:g}) | {outcome.normal_after:g} s | {outcome.lost} | {outcome.told} |"
    )


def _most(outcome: "Outcome") -> str:
    return f"{outcome.fault.most:g} %" + (f", {outcome.fault.only} alone" if outcome.fault.only else "")


def verdict(outcomes: Sequence["Outcome"]) -> str:
    """How many faults were met; those that cost more than they may, and those that were skipped, by name."""
    told = f"{sum(o.well for o in outcomes)} of {len(outcomes)} faults were met."
    if worse := [f"{o.fault.name} (at most {_most(o)})" for o in outcomes if o.worse]:
        told += f" Worse than it may be: {'; '.join(worse)}."
    if skipped := [o.fault.name for o in outcomes if o.skipped]:
        told += f" Skipped: {'; '.join(skipped)}."
    return told


def write(outcomes: Sequence["Outcome"], *, accepted: int, lost: int) -> None:
    machine = f"{os.cpu_count()} cores shared by all of it, {platform.system()} {platform.machine()}"
    head = _HEAD.format(machine=machine, stamp=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M+00:00"))
    rows = "\n".join(line(outcome) for outcome in outcomes)
    tail = f"\n\nIn all {accepted:,} writes were acknowledged; {lost} of them are missing.\n"
    tail += f"\n{verdict(outcomes)}\n"
    _PAGE.write_text(head + rows + tail)
