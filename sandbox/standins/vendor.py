"""What every stand-in is made of: a request, a reply and the Vendor base class. Used by sandbox only."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from sandbox.standins.faults import Fault

JSON = "application/json;charset=UTF-8"
XML = "application/xml;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
PLAIN = "text/plain;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived: params decoded once, header names in lower case."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> object:
        """The body as JSON; ValueError when it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `cut` bytes of the body are sent before the connection closes, `stall` seconds later; `reset` sends
    none and resets it.
    """

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    cut: int | None = None
    stall: float = 0.0
    reset: bool = False


def json_reply(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, JSON, headers)


FaultReply = Callable[[Fault, Request], Reply]


class Vendor(ABC):
    """One outside service. A new vendor is a subclass that names its operations and answers them."""

    name: ClassVar[str]
    prefix: ClassVar[str] = ""
    """Path that belongs to the base address, such as "/v1"."""
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {}
    """The vendor's own fault kinds, each with its options and their defaults."""

    def __init__(self, **settings: float) -> None:
        self.settings: dict[str, float] = settings

    @abstractmethod
    def operation(self, request: Request) -> str:
        """The name under which the request is counted; "unknown" for a path that the vendor does not have."""

    @abstractmethod
    def answer(self, request: Request) -> Reply:
        """What the vendor says when nothing is wrong with it."""

    def seconds(self, operation: str) -> float:
        """How long the vendor thinks before it answers this operation."""
        return 0.0

    def fault_replies(self) -> Mapping[str, FaultReply]:
        """How each kind in `fault_options` is answered."""
        return {}

    def reset(self) -> None:  # noqa: B027 - most vendors count nothing
        """Forget what the vendor counted (its quota, for instance)."""
