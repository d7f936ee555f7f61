"""The stand-in of Expo's push service: tickets, receipts, its limits and errors. Contract: push.md.

A token decides its own fate by a word in it: `ExponentPushToken[gone-1]` is DeviceNotRegistered in its ticket,
`[gone-later-1]` in its receipt, `[other-project-1]` makes the whole request fail; any other is delivered.
"""

import itertools
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import ClassVar, cast

from sandbox.standins.faults import Fault
from sandbox.standins.vendor import FaultReply, Reply, Request, Vendor, json_reply

MAX_MESSAGES = 100
MAX_RECEIPTS = 1_000
MAX_PAYLOAD = 4_096
_TOKEN = re.compile(r"Expo(nent)?PushToken\[.+\]")
_OPERATIONS = {"/--/api/v2/push/send": "send", "/--/api/v2/push/getReceipts": "receipts"}


class Expo(Vendor):
    """Settings: pushes_per_second (600, in any second), push_seconds (0), receipt_seconds (0: known at once)."""

    name = "expo"
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "too_many_requests": {},
        "unauthorized": {},
        "accepted_then_lost": {},
    }

    def __init__(self) -> None:
        super().__init__(pushes_per_second=600, push_seconds=0.0, receipt_seconds=0.0)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self.received: Counter[str] = Counter()
            """Notifications accepted, by the `id` in their data."""
            self.messages: deque[dict[str, object]] = deque(maxlen=1_000)
            self.arrivals: list[tuple[float, int]] = []
            self.refused = 0
            self._recent: deque[tuple[float, int]] = deque()
            self._receipts: dict[str, tuple[float, dict[str, object]]] = {}
            self._numbers = itertools.count(1)

    def operation(self, request: Request) -> str:
        return _OPERATIONS.get(request.path, "unknown")

    def seconds(self, operation: str) -> float:
        return self.settings["push_seconds"] if operation == "send" else 0.0

    def answer(self, request: Request) -> Reply:
        operation = self.operation(request)
        if request.method != "POST" or operation == "unknown":
            return _error(404, "NOT_FOUND")
        try:
            body = request.json()
        except ValueError:
            return _error(400, "VALIDATION_ERROR")
        return self._send(body) if operation == "send" else self._tell(body)

    def fault_replies(self) -> Mapping[str, FaultReply]:
        return {
            "too_many_requests": lambda _, __: _error(429, "TOO_MANY_REQUESTS"),
            "unauthorized": lambda _, __: _error(401, "UNAUTHORIZED"),
            "accepted_then_lost": self._lost,
        }

    def _lost(self, _: Fault, request: Request) -> Reply:
        """The pushes go out, the answer never comes back."""
        self.answer(request)
        return Reply(200, b"", reset=True)

    def _send(self, body: object) -> Reply:
        single = isinstance(body, dict)
        messages = cast(list[dict[str, object]], [body] if single else body)
        if not isinstance(messages, list) or not all(map(_is_message, messages)):
            return _error(400, "VALIDATION_ERROR")
        recipients = [(message, token) for message in messages for token in _recipients(message)]
        if len(recipients) > MAX_MESSAGES:
            return _error(400, "PUSH_TOO_MANY_NOTIFICATIONS")
        if any("other-project" in token for _, token in recipients):
            return _error(400, "PUSH_TOO_MANY_EXPERIENCE_IDS")
        with self._lock:
            if not self._has_room(len(recipients)):
                self.refused += 1
                return _error(429, "TOO_MANY_REQUESTS")
            tickets = [self._accept(message, token) for message, token in recipients]
        return json_reply({"data": tickets[0] if single and len(tickets) == 1 else tickets})

    def _has_room(self, count: int) -> bool:
        """Whether these still fit into the second that ends now."""
        now = time.monotonic()
        while self._recent and self._recent[0][0] <= now - 1:
            self._recent.popleft()
        if sum(number for _, number in self._recent) + count > self.settings["pushes_per_second"]:
            return False
        self._recent.append((now, count))
        self.arrivals.append((now, count))
        return True

    def _accept(self, message: dict[str, object], token: str) -> dict[str, object]:
        if not _TOKEN.fullmatch(token) or ("gone" in token and "later" not in token):
            return _failed("DeviceNotRegistered")
        data = message.get("data")
        self.received[str(data.get("id")) if isinstance(data, dict) else ""] += 1
        self.messages.append(message)
        ticket = f"{next(self._numbers):08d}-0000-4000-8000-000000000000"
        receipt: dict[str, object] = _failed("DeviceNotRegistered") if "gone-later" in token else {"status": "ok"}
        self._receipts[ticket] = (time.monotonic(), receipt)
        return {"status": "ok", "id": ticket}

    def _tell(self, body: object) -> Reply:
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list):
            return _error(400, "VALIDATION_ERROR")
        if len(ids) > MAX_RECEIPTS:
            return _error(400, "PUSH_TOO_MANY_RECEIPTS")
        ready = time.monotonic() - self.settings["receipt_seconds"]
        with self._lock:
            known = {id_: self._receipts[id_] for id_ in ids if id_ in self._receipts}
        return json_reply({"data": {id_: receipt for id_, (since, receipt) in known.items() if since <= ready}})


def _is_message(message: object) -> bool:
    if not isinstance(message, dict) or not message.get("to"):
        return False
    return len(json_reply({name: message.get(name) for name in ("title", "body", "data")}).body) <= MAX_PAYLOAD


def _recipients(message: Mapping[str, object]) -> list[str]:
    to = message["to"]
    return [str(token) for token in to] if isinstance(to, list) else [str(to)]


def _failed(error: str) -> dict[str, object]:
    return {"status": "error", "message": f"the push failed: {error}", "details": {"error": error}}


def _error(status: int, code: str) -> Reply:
    return json_reply({"errors": [{"code": code, "message": "the stand-in refuses"}]}, status)
