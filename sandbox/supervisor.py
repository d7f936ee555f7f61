"""Starts services in order, starts one again when it ends by itself, and stops all in reverse order."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.process import Child

_RESTART_AFTER = 5.0


@dataclass
class Service:
    """A name and how to start it; `start` returns once the service is ready."""

    name: str
    start: Callable[[], Child]
    child: Child | None = None
    ended_at: float | None = None


@dataclass
class Supervisor:
    say: Callable[[str], None]
    services: list[Service] = field(default_factory=list)

    def start(self, service: Service) -> None:
        self.services.append(service)
        service.child = service.start()

    def watch_once(self) -> None:
        """Start again what ended at least five seconds ago; the product must live without it till then."""
        for service in self.services:
            if service.child is None or service.child.alive():
                continue
            if service.ended_at is None:
                service.ended_at = time.monotonic()
                self.say(f"{service.name} ended ({service.child.process.returncode}); starting it again in 5 s")
            elif time.monotonic() - service.ended_at >= _RESTART_AFTER:
                self._restart(service)

    def stop(self) -> None:
        for service in reversed(self.services):
            if service.child is not None:
                service.child.stop()

    def _restart(self, service: Service) -> None:
        service.ended_at = None
        try:
            service.child = service.start()
        except RuntimeError as error:
            service.ended_at = time.monotonic()
            self.say(str(error))
