"""One fault after another under the eyes of the people, and what they saw of each."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaos.fault import Fault, NotPossible, within
from chaos.load import Crowd, Seen, failures, p99, share
from chaos.site import Site

CALM = 3.0
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
    skipped: bool = False

    @property
    def worse(self) -> bool:
        """Than it may be."""
        return not (self.well or self.skipped)


def trial(site: Site, crowd: Crowd, fault: Fault) -> Outcome:
    """Calm, harm, calm again: what the people saw from the moment of the harm until three seconds after its end."""
    began = time.monotonic()
    time.sleep(CALM)
    calm, moment = crowd.since(began), time.monotonic()
    try:
        told, as_it_should = _harm(site, fault)
    except NotPossible as reason:
        return _without(fault, f"**skipped**: {reason}", skipped=True)
    time.sleep(CALM)
    crowd.settle()
    seen, lost = crowd.since(moment), crowd.lost()
    last = max((s.at + s.seconds - moment for s in seen if s.failed), default=0.0)
    well = as_it_should and lost == 0 and bool(seen) and crowd.is_whole() and _is_bearable(seen, fault)
    return Outcome(
        fault, len(seen), share(seen), failures(seen), p99(seen), p99(calm), round(last, 1), lost, told, well
    )


def _is_bearable(seen: Sequence[Seen], fault: Fault) -> bool:
    kinds = {s.what for s in seen if s.failed}
    return share(seen) <= fault.most and (not fault.only or kinds <= {fault.only})


def _harm(site: Site, fault: Fault) -> tuple[str, bool]:
    """What the fault tells, and whether it went as it should; mended in any case."""
    try:
        with within(fault.seconds):
            return fault.harm(site), True
    except NotPossible:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines() or [""]
        return f"**not as it should be**: {type(error).__name__}: {reason[0][:300]}", False
    finally:
        with within(_MENDING):
            site.mend()


def _without(fault: Fault, told: str, *, skipped: bool = False) -> Outcome:
    """Nothing was done, so nothing was seen."""
    return Outcome(fault, 0, 0, "", 0, 0, 0, 0, told, False, skipped)


def tried(site: Site, crowd: Crowd, faults: Sequence[Fault]) -> Iterator[Outcome]:
    began = time.monotonic()
    for fault in faults:
        if time.monotonic() - began > _LONGEST:
            yield _without(fault, "**not tried**: no time was left")
            continue
        yield trial(site, crowd, fault)
