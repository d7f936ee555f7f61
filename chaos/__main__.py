"""`make chaos`: every fault on the real product under load; docs/resilience.md is written from what was seen.

`python -m chaos cache broker` tries those alone and writes nothing. Ends with 1 when something was lost, or more failed
than a fault may cost.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos import nobodys

nobodys.pretend()

from chaos import report  # noqa: E402
from chaos.fault import Fault, within  # noqa: E402
from chaos.faults import FAULTS  # noqa: E402
from chaos.load import Crowd, failures, p99, share  # noqa: E402
from chaos.site import Site  # noqa: E402

_PEOPLE = 12
_CALM = 3.0
_MENDING = 100
# A whole run ends within ten minutes: no fault is begun after this, and who was not tried is told.
_LONGEST = 520.0


@dataclass(frozen=True, slots=True)
class Outcome:
    fault: Fault
    requests: int
    failed: float
    failures: str
    p99_ms: float
    calm_p99_ms: float
    normal_after: float
    lost: int
    told: str
    well: bool


def trial(site: Site, crowd: Crowd, fault: Fault) -> Outcome:
    """Calm, harm, calm again: what the people saw from the moment of the harm until three seconds after its end."""
    began = time.monotonic()
    time.sleep(_CALM)
    calm, moment = crowd.since(began), time.monotonic()
    told, as_it_should = _harm(site, fault)
    time.sleep(_CALM)
    seen, lost = crowd.since(moment), crowd.lost()
    last = max((s.at + s.seconds - moment for s in seen if s.failed), default=0.0)
    well = as_it_should and lost == 0 and share(seen) <= fault.most
    return Outcome(
        fault, len(seen), share(seen), failures(seen), p99(seen), p99(calm), round(last, 1), lost, told, well
    )


def _harm(site: Site, fault: Fault) -> tuple[str, bool]:
    """What the fault tells, and whether it went as it should; mended in any case."""
    try:
        with within(fault.seconds):
            return fault.harm(site), True
    except Exception as error:
        reason = str(error).strip().splitlines() or [""]
        return f"**not as it should be**: {type(error).__name__}: {reason[0][:300]}", False
    finally:
        with within(_MENDING):
            site.mend()


def _tried(site: Site, crowd: Crowd, faults: Sequence[Fault]) -> Iterator[Outcome]:
    began = time.monotonic()
    for fault in faults:
        if time.monotonic() - began > _LONGEST:
            yield Outcome(fault, 0, 0, "", 0, 0, 0, 0, "**not tried**: no time was left", False)
            continue
        yield trial(site, crowd, fault)


def _run(site: Site, faults: Sequence[Fault]) -> tuple[list[Outcome], int, int]:
    """The outcomes, how many writes were accepted, and how many of them are lost."""
    with within(150):
        site.start()
    crowd, outcomes = Crowd(site, _PEOPLE), list[Outcome]()
    crowd.start()
    time.sleep(_CALM)
    try:
        for outcome in _tried(site, crowd, faults):
            outcomes.append(outcome)
            print(report.line(outcome), flush=True)
    except Exception as error:
        print(f"The product could not be mended, so the run ends here: {type(error).__name__}: {error}", flush=True)
    finally:
        crowd.stop()
    return outcomes, crowd.accepted(), crowd.lost()


def main() -> int:
    chosen = [fault for fault in FAULTS if not sys.argv[1:] or fault.harm.__name__ in sys.argv[1:]]
    site = Site()
    try:
        outcomes, accepted, lost = _run(site, chosen)
    finally:
        site.stop()
    print(f"{accepted:,} writes were acknowledged, {lost} of them are missing")
    if len(chosen) == len(FAULTS):
        report.write(outcomes, accepted=accepted, lost=lost)
    worse = [outcome.fault.name for outcome in outcomes if not outcome.well]
    print("Worse than it may be: " + "; ".join(worse) if worse else "All as it should be.")
    return 0 if len(outcomes) == len(chosen) and not (lost or worse) else 1


if __name__ == "__main__":
    sys.exit(main())
