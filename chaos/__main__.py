"""`make chaos`: every fault on the real product under load; docs/resilience.md is written from what was seen.

`python -m chaos cache broker` tries those alone and writes nothing. Ends with 1 when something was lost, or more failed
than a fault may cost.
"""

import sys
import time
from dataclasses import dataclass

from chaos import nobodys

nobodys.pretend()

from chaos import report  # noqa: E402
from chaos.faults import FAULTS, Fault  # noqa: E402
from chaos.load import Crowd, p99, share  # noqa: E402
from chaos.site import Site  # noqa: E402

_PEOPLE = 12
_CALM = 4.0


@dataclass(frozen=True, slots=True)
class Outcome:
    fault: Fault
    requests: int
    failed: float
    p99_ms: float
    calm_p99_ms: float
    normal_after: float
    lost: int
    told: str
    mended: bool

    @property
    def well(self) -> bool:
        return self.mended and self.lost == 0 and self.failed <= self.fault.most


def trial(site: Site, crowd: Crowd, fault: Fault) -> Outcome:
    """Calm, harm, calm again: what the people saw from the moment of the harm until four seconds after its end."""
    began = time.monotonic()
    time.sleep(_CALM)
    calm, moment = crowd.since(began), time.monotonic()
    told, mended = _harm(site, fault)
    site.wait_until_ready()
    time.sleep(_CALM)
    seen = crowd.since(moment)
    last = max((s.at + s.seconds - moment for s in seen if s.failed), default=0.0)
    return Outcome(fault, len(seen), share(seen), p99(seen), p99(calm), round(last, 1), crowd.lost(), told, mended)


def _harm(site: Site, fault: Fault) -> tuple[str, bool]:
    try:
        return fault.harm(site), True
    except AssertionError as error:
        return f"**not as it should be**: {str(error).splitlines()[0][:200]}", False
    finally:
        site.product.standins.clear_faults()
        site.product.revive()


def main() -> int:
    chosen = [fault for fault in FAULTS if not sys.argv[1:] or fault.harm.__name__ in sys.argv[1:]]
    site = Site()
    outcomes = []
    try:
        site.start()
        crowd = Crowd(site, _PEOPLE)
        crowd.start()
        time.sleep(3)
        for fault in chosen:
            outcomes.append(trial(site, crowd, fault))
            print(report.line(outcomes[-1]), flush=True)
        crowd.stop()
        accepted, lost = crowd.accepted(), crowd.lost()
    finally:
        site.stop()
    print(f"{accepted} writes were acknowledged, {lost} of them are missing")
    if len(chosen) == len(FAULTS):
        report.write(outcomes, accepted=accepted, lost=lost)
    return 0 if lost == 0 and all(outcome.well for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
