"""All stand-ins together, as the tests, the sandbox and the benchmarks start them."""

import errno
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.standins.catalogue import Catalogue
from sandbox.standins.control import Control
from sandbox.standins.datagokr import DataGoKr
from sandbox.standins.expo import Expo
from sandbox.standins.kakao import Kakao
from sandbox.standins.kakao_local import KakaoLocal
from sandbox.standins.openai import OpenAI
from sandbox.standins.pharmacies import Pharmacies
from sandbox.standins.pictures import Pictures
from sandbox.standins.public_services import PublicServices
from sandbox.standins.server import Listener
from sandbox.standins.stand import Stand, set_setting
from sandbox.standins.vendor import Request, Vendor

SAMPLE = Path(__file__).resolve().parent.parent / "sample"


class Standins:
    """Real HTTP servers in threads: one port a vendor, and one for the control surface.

    `data`: folder with the records to serve (default: `SANDBOX_DATA`, else the sample). `ports`: vendor or
    "control" to a wished port; 0 or a taken one means any. `detail_seconds`: how long a permit detail takes.
    """

    def __init__(
        self,
        *,
        data: Path | None = None,
        ports: Mapping[str, int] | None = None,
        host: str = "127.0.0.1",
        detail_seconds: float = 4.0,
        completion_seconds: float = 0.3,
    ) -> None:
        folder = data or Path(os.environ.get("SANDBOX_DATA") or SAMPLE)
        pharmacies = Pharmacies(folder)
        self._host = host
        self._ports = dict(ports or {})
        self._vendors: Sequence[Vendor] = (
            DataGoKr(Catalogue(folder), PublicServices(pharmacies), permit_detail_seconds=detail_seconds),
            KakaoLocal(pharmacies),
            OpenAI(completion_seconds=completion_seconds),
            Expo(),
            Kakao(),
            Pictures(),
        )
        self._stands: dict[str, Stand] = {}
        self._control: Listener | None = None

    def start(self) -> None:
        for vendor in self._vendors:
            self._stands[vendor.name] = self._stand(vendor)
        self._control = self._control_listener()
        for listener in self._listeners():
            listener.open()

    def stop(self) -> None:
        for stand in self._stands.values():
            stand.stop()
        if self._control is not None:
            self._control.stop()
        self._stands.clear()
        self._control = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, vendor: str) -> str:
        """Base address as the product is configured with it: "openai" includes /v1; "control" is the switch."""
        if vendor == "control" and self._control is not None:
            return f"http://{self._host}:{self._control.port}"
        return self.stand(vendor).url

    def ports(self) -> dict[str, int]:
        held = {name: stand.listener.port for name, stand in self._stands.items()}
        return held if self._control is None else {**held, "control": self._control.port}

    def vendors(self) -> list[str]:
        return list(self._stands)

    def stand(self, vendor: str) -> Stand:
        """KeyError when there is no such vendor or nothing is started."""
        return self._stands[vendor]

    def set_fault(self, vendor: str, kind: str, **options: object) -> None:
        """Switch on a fault (kinds and options: README.md here); BadFaultError for an unknown kind or option."""
        self.stand(vendor).set_fault(kind, options)

    def clear_faults(self, vendor: str | None = None) -> None:
        for name in self._stands if vendor is None else (vendor,):
            self.stand(name).clear_faults()

    def calls(self, vendor: str) -> Counter[str]:
        """Requests seen since the last reset, by operation; refused connections are never seen."""
        return self.stand(vendor).calls()

    def reset_calls(self) -> None:
        """Forget calls, recent requests and used quotas."""
        for stand in self._stands.values():
            stand.reset_calls()

    def last_requests(self, vendor: str) -> list[Request]:
        """The last 200 requests, oldest first."""
        return self.stand(vendor).requests()

    def set(self, setting: str, value: float) -> None:
        """Change a vendor's setting, such as permit_detail_seconds or daily_quota; KeyError when unknown."""
        set_setting(self._stands, setting, value)

    def reset(self) -> None:
        """Back to how it was started: no faults, no calls, first settings."""
        self.clear_faults()
        self.reset_calls()
        for stand in self._stands.values():
            stand.reset_settings()

    def _stand(self, vendor: Vendor) -> Stand:
        try:
            return Stand(vendor, self._host, self._ports.get(vendor.name, 0))
        except OSError as error:
            return Stand(vendor, self._host, _any_port(error))

    def _control_listener(self) -> Listener:
        control = Control(self._stands)
        try:
            return Listener(self._host, self._ports.get("control", 0), control.answer)
        except OSError as error:
            return Listener(self._host, _any_port(error), control.answer)

    def _listeners(self) -> list[Listener]:
        control = [] if self._control is None else [self._control]
        return [stand.listener for stand in self._stands.values()] + control


def _any_port(error: OSError) -> int:
    """0 when the wished port is somebody else's; any other error is raised."""
    if error.errno not in (errno.EADDRINUSE, errno.EACCES):
        raise error
    return 0
