"""One vendor behind its port: counts what comes in, applies the faults, waits as long as the vendor would."""

import threading
from collections import Counter, deque
from collections.abc import Mapping

from sandbox.standins.faults import COMMON_OPTIONS, Fault, Switchboard
from sandbox.standins.replies import common_reply
from sandbox.standins.server import Listener
from sandbox.standins.vendor import Reply, Request, Vendor

RECENT_REQUESTS = 200


class Stand:
    """A vendor that listens. Faults and counts belong to the stand, knowledge of the service to the vendor."""

    def __init__(self, vendor: Vendor, host: str, port: int) -> None:
        self.vendor = vendor
        self.listener = Listener(host, port, self.reply)
        self._switches = Switchboard(vendor.fault_options)
        self._initial_settings = dict(vendor.settings)
        self._calls: Counter[str] = Counter()
        self._recent: deque[Request] = deque(maxlen=RECENT_REQUESTS)
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://{self.listener.host}:{self.listener.port}{self.vendor.prefix}"

    def reply(self, request: Request) -> Reply:
        operation = self.vendor.operation(request)
        self._note(operation, request)
        stall, fault = self._switches.strike(operation)
        if fault is None:
            stall += self.vendor.seconds(operation)
        if stall > 0 and self._stopping.wait(stall):
            return Reply(503, b"", reset=True)
        return self.vendor.answer(request) if fault is None else self._faulty(fault, request)

    def set_fault(self, kind: str, options: Mapping[str, object]) -> None:
        """Switch a fault on; BadFaultError when the vendor does not have it."""
        self._switches.add(kind, options)
        if kind == "refused":
            self.listener.close()

    def clear_faults(self) -> None:
        self._switches.clear()
        self.listener.open()

    def faults(self) -> list[dict[str, object]]:
        return [fault.described() for fault in self._switches.active()]

    def fault_kinds(self) -> Mapping[str, Mapping[str, object]]:
        """Every kind that can be switched on here, with its options and their defaults."""
        return self._switches.kinds

    def calls(self) -> Counter[str]:
        with self._lock:
            return Counter(self._calls)

    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._recent)

    def reset_calls(self) -> None:
        with self._lock:
            self._calls.clear()
            self._recent.clear()
        self.vendor.reset()

    def reset_settings(self) -> None:
        self.vendor.settings.update(self._initial_settings)

    def stop(self) -> None:
        self._stopping.set()
        self.listener.stop()

    def _note(self, operation: str, request: Request) -> None:
        with self._lock:
            self._calls[operation] += 1
            self._recent.append(request)

    def _faulty(self, fault: Fault, request: Request) -> Reply:
        if fault.kind in COMMON_OPTIONS:
            return common_reply(fault, self.vendor, request)
        return self.vendor.fault_replies()[fault.kind](fault, request)


def set_setting(stands: Mapping[str, Stand], setting: str, value: float) -> None:
    """Change the setting of whichever vendor has it; KeyError when none does."""
    owners = [stand.vendor for stand in stands.values() if setting in stand.vendor.settings]
    if not owners:
        raise KeyError(setting)
    owners[0].settings[setting] = value
