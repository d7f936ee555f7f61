"""The fault switch: which faults are on for a vendor, and which of them strikes the next request."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

COMMON_OPTIONS: Mapping[str, Mapping[str, object]] = {
    "latency": {"seconds": 1.0},
    "status": {"code": 500, "body": "json"},
    "garbage": {"shape": "bytes"},
    "html": {"code": 403},
    "plain": {"code": 500, "text": ""},
    "empty": {"code": 200},
    "truncated": {"keep": 0.5},
    "stalled": {"keep": 0.5, "seconds": 30.0},
    "reset": {},
    "refused": {},
    "oversize": {"megabytes": 10},
}
SELECTORS = ("times", "operation", "probability")


class BadFaultError(ValueError):
    """A fault kind or option that the vendor does not have."""


@dataclass(slots=True)
class Fault:
    """One fault that is switched on. `times` left (None = until cleared); `probability` is the share struck."""

    kind: str
    options: dict[str, object] = field(default_factory=dict)
    operation: str | None = None
    times: int | None = None
    probability: float = 1.0
    seen: int = 0

    def strikes(self, operation: str) -> bool:
        """Whether this request is struck; counts it. The share is spread evenly, so that runs repeat."""
        if self.times == 0 or self.operation not in (None, operation):
            return False
        self.seen += 1
        struck = int(self.seen * self.probability) > int((self.seen - 1) * self.probability)
        if struck and self.times is not None:
            self.times -= 1
        return struck

    def number(self, option: str) -> float:
        return float(str(self.options[option]))

    def code(self, option: str = "code") -> int:
        return int(self.number(option))

    def text(self, option: str) -> str:
        return str(self.options[option])

    def described(self) -> dict[str, object]:
        selectors = {"operation": self.operation, "times": self.times, "probability": self.probability}
        return {"kind": self.kind, **selectors, **self.options}


class Switchboard:
    """The faults of one vendor. Latencies add to whatever else is on; of the others the oldest strikes."""

    def __init__(self, kinds: Mapping[str, Mapping[str, object]]) -> None:
        self.kinds = {**COMMON_OPTIONS, **kinds}
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, options: Mapping[str, object]) -> None:
        """Switch a fault on in place of an earlier one of that kind and operation; BadFaultError when unknown."""
        fault = self._made(kind, options)
        with self._lock:
            same = [old for old in self._faults if (old.kind, old.operation) == (kind, fault.operation)]
            self._faults = [old for old in self._faults if old not in same] + [fault]

    def clear(self) -> None:
        with self._lock:
            self._faults = []

    def active(self) -> list[Fault]:
        with self._lock:
            return [fault for fault in self._faults if fault.times != 0]

    def strike(self, operation: str) -> tuple[float, Fault | None]:
        """Seconds to stall and the fault that answers, for one request."""
        stall, struck = 0.0, None
        with self._lock:
            for fault in self._faults:
                if fault.kind == "latency":
                    stall += fault.number("seconds") if fault.strikes(operation) else 0.0
                elif struck is None and fault.strikes(operation):
                    struck = fault
        return stall, struck

    def _made(self, kind: str, options: Mapping[str, object]) -> Fault:
        if kind not in self.kinds:
            raise BadFaultError(f"no fault {kind!r}; there are: {', '.join(sorted(self.kinds))}")
        own = {key: value for key, value in options.items() if key not in SELECTORS}
        if unknown := own.keys() - self.kinds[kind].keys():
            raise BadFaultError(f"{kind} has no option {', '.join(sorted(unknown))}")
        if kind == "refused" and options:
            raise BadFaultError("refused closes the whole listener until it is cleared; it takes no options")
        merged = {**self.kinds[kind], **own}
        _check_numbers(self.kinds[kind], merged)
        return Fault(
            kind,
            merged,
            operation=None if options.get("operation") is None else str(options["operation"]),
            times=None if options.get("times") is None else int(_number("times", options["times"])),
            probability=_number("probability", options.get("probability", 1.0)),
        )


def _check_numbers(defaults: Mapping[str, object], given: Mapping[str, object]) -> None:
    for option, default in defaults.items():
        if isinstance(default, int | float):
            _number(option, given[option])


def _number(option: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError as error:
        raise BadFaultError(f"{option} is no number: {value!r}") from error
