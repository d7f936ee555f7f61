"""`make chaos`: every fault on the real product under load; docs/resilience.md is written from what was seen.

`python -m chaos cache broker` tries those alone and writes nothing. Ends with 1 when something was lost, or more failed
than a fault may cost; a fault that this machine cannot do is told as skipped.
"""

import sys
import time
from collections.abc import Sequence

from chaos import nobodys

nobodys.pretend()

from chaos import report  # noqa: E402
from chaos.fault import Fault, within  # noqa: E402
from chaos.faults import FAULTS  # noqa: E402
from chaos.load import Crowd  # noqa: E402
from chaos.site import Site  # noqa: E402
from chaos.trial import CALM, Outcome, tried  # noqa: E402

_PEOPLE = 12


def _run(site: Site, faults: Sequence[Fault]) -> tuple[list[Outcome], int, int]:
    """The outcomes, how many writes were accepted, and how many of them are lost."""
    with within(150):
        site.start()
    crowd, outcomes = Crowd(site, _PEOPLE), list[Outcome]()
    crowd.start()
    time.sleep(CALM)
    try:
        for outcome in tried(site, crowd, faults):
            outcomes.append(outcome)
            print(report.line(outcome), flush=True)
    except Exception as error:
        print(f"The product could not be mended, so the run ends here: {type(error).__name__}: {error}", flush=True)
    finally:
        crowd.stop()
    return outcomes, crowd.accepted(), crowd.lost()


def _chosen(names: Sequence[str]) -> Sequence[Fault]:
    known = {fault.harm.__name__: fault for fault in FAULTS}
    if unknown := set(names) - set(known):
        sys.exit(f"There is no {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return [fault for name, fault in known.items() if name in names] if names else FAULTS


def main() -> int:
    chosen = _chosen(sys.argv[1:])
    site = Site()
    try:
        outcomes, accepted, lost = _run(site, chosen)
    finally:
        site.stop()
    print(f"{accepted:,} writes were acknowledged, {lost} of them are missing")
    if len(chosen) == len(FAULTS):
        report.write(outcomes, accepted=accepted, lost=lost)
    print(report.verdict(outcomes))
    worse = any(outcome.worse for outcome in outcomes)
    return 0 if len(outcomes) == len(chosen) and not (lost or worse) else 1


if __name__ == "__main__":
    sys.exit(main())
