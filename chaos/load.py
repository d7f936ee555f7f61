"""People at the door: threads that search, open, read and write through nginx, and write down what they saw."""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from urllib.parse import quote
from uuid import uuid4

from chaos.site import HOST, Site

NAMES = ("타이레놀", "부루펜", "게보린", "겔포스", "훼스탈", "두통", "소화", "감기", "판콜", "활명수", "비타민", "연고")
_PAUSE = 0.12
_numbers = count()


@dataclass(frozen=True, slots=True)
class Seen:
    """One request: when it began (monotonic), how long it took, its status (0: no answer), and what was wanted."""

    at: float
    seconds: float
    status: int
    what: str

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500


def _what(method: str, path: str) -> str:
    """GET medicines, GET medicines/…, and whether it was asked for in words that nobody used before."""
    place, _, query = path.removeprefix("/api/v1/").partition("?")
    new = " in new words" if re.search(r"%20\d+$", query) else ""
    return f"{method} {re.sub('[0-9]{6,}', '…', place)}{new}"


class Person(threading.Thread):
    """Asks eight times a second on a kept connection. The signed-in also write, and remember what was accepted."""

    always = False
    """Whether the token is shown for what everybody may read, too."""

    def __init__(self, site: Site, number: int, *, token: str | None) -> None:
        super().__init__(daemon=True)
        self.site, self.token = site, token
        self.address = f"127.0.2.{number + 1}"
        self.seen: list[Seen] = []
        self.accepted: list[str] = []
        # Since when an answer is waited for; 0: none is.
        self.waits_since = 0.0
        self.ended = threading.Event()
        self._line: http.client.HTTPSConnection | None = None

    def run(self) -> None:
        while not self.ended.wait(self._wait()):
            method, path, body = self._wish()
            began = self.waits_since = self._begins()
            status = self._ask(method, path, body)
            self.seen.append(Seen(began, time.monotonic() - began, status, _what(method, path)))
            self.waits_since = 0.0
            if method == "POST" and status == 201:
                self.accepted.append(json.loads(body)["medicine_name"])

    def _wait(self) -> float:
        return random.uniform(0.5, 1.5) * _PAUSE

    def _begins(self) -> float:
        """From when on the request is waited for."""
        return time.monotonic()

    def _wish(self) -> tuple[str, str, str]:
        """Seven of ten search (one of them what nobody asked before), two open, one reads or writes what is theirs."""
        chance = random.random()
        if chance < 0.7:
            name = random.choice(NAMES) if chance < 0.6 else f"{random.choice(NAMES)} {next(_numbers)}"
            return "GET", f"/api/v1/medicines?q={quote(name)}", ""
        if chance < 0.9 or not self.token:
            return "GET", "/api/v1/medicines/" + random.choice(("195700020", "197700120", "197900277")), ""
        if chance < 0.95:
            return "GET", "/api/v1/scraps", ""
        made = {"medicine_name": f"나만의 약 {next(_numbers)}-{self.address}", "category": "상비약", "notes": ""}
        return "POST", "/api/v1/scraps", json.dumps(made)

    def _ask(self, method: str, path: str, body: str) -> int:
        """What a kept connection that was closed meanwhile did not answer is asked again, once and anew: readings as
        browsers do it, writings as the app does, under the same Idempotency-Key.
        """
        kept, key = self._line is not None, str(uuid4())
        status = self._once(method, path, body, key)
        return self._once(method, path, body, key) if status == 0 and kept else status

    def _once(self, method: str, path: str, body: str, key: str) -> int:
        headers = {"Host": HOST} | ({"Idempotency-Key": key} if method == "POST" else {})
        if self.token and ("scraps" in path or self.always):
            headers |= {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            self._line = self._line or self.site.edge.connect(source=self.address)
            self._line.request(method, path, body or None, headers)
            answer = self._line.getresponse()
            answer.read()
            if answer.headers["Connection"] == "close":
                self._hang_up()
            return answer.status
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return 0

    def _hang_up(self) -> None:
        if self._line:
            self._line.close()
        self._line = None


class Crowd:
    def __init__(self, site: Site, people: int, *, kind: type[Person] = Person, all_signed_in: bool = False) -> None:
        signed_in = [all_signed_in or number % 4 == 0 for number in range(people)]
        tokens = [site.sign_in(number) if one else None for number, one in enumerate(signed_in)]
        self.people = [kind(site, number, token=token) for number, token in enumerate(tokens)]
        self.site = site

    def start(self) -> None:
        for person in self.people:
            person.start()

    def stop(self) -> None:
        for person in self.people:
            person.ended.set()
        for person in self.people:
            person.join(40)

    def settle(self) -> None:
        """Until all has its answer, or none, that is asked for now: what hangs counts as well."""
        now = time.monotonic()
        for person in self.people:
            while person.is_alive() and 0 < person.waits_since <= now:
                time.sleep(0.02)

    def is_whole(self) -> bool:
        return all(person.is_alive() for person in self.people)

    def since(self, moment: float) -> list[Seen]:
        return sorted((s for person in self.people for s in list(person.seen) if s.at >= moment), key=lambda s: s.at)

    def lost(self) -> int:
        """Scraps that were answered with 201 and are not in the database."""
        accepted = [name for person in self.people for name in list(person.accepted)]
        kept = self.site.column("SELECT medicine_name FROM scrap WHERE medicine_name LIKE '나만의 약 %'")
        return len(set(accepted) - set(kept))

    def accepted(self) -> int:
        return sum(len(person.accepted) for person in self.people)


def p99(seen: Sequence[Seen]) -> float:
    """In milliseconds, of what was answered."""
    times = sorted(s.seconds for s in seen if s.status)
    return round(1000 * times[int(0.99 * (len(times) - 1))], 1) if times else 0.0


def failures(seen: Sequence[Seen]) -> str:
    """What failed how often, such as `503 GET medicines ×3`."""
    counts = Counter(f"{s.status or 'no answer'} {s.what}" for s in seen if s.failed)
    return ", ".join(f"{what} ×{count}" for what, count in counts.most_common(4))


def share(seen: Sequence[Seen]) -> float:
    """Of requests without an answer, or with 5xx, in percent."""
    return round(100 * sum(s.failed for s in seen) / len(seen), 2) if seen else 0.0
