"""What people want that an outside service has a part in: each is asked while that fails, and must come true after."""

import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests

from chaos.site import Site
from config.tests.running import HELD_BACK, wait_for
from sandbox.standins.standins import SAMPLE

_PATIENCE = 12.0
_A_MOMENT = timedelta(seconds=3)


def _unread() -> list[str]:
    """item_seqs with a label, whose summary nobody asked for."""
    rows = [json.loads(line) for line in (SAMPLE / "easydrug.jsonl").read_text().splitlines()]
    return [row["itemSeq"] for row in rows[60:] if not any(name in row["itemName"] for name in HELD_BACK)]


_summaries = iter(_unread())
_names = iter(HELD_BACK)
_numbers = itertools.count()


@dataclass(slots=True)
class Errands:
    """One round of them. `address`: the web that is asked."""

    site: Site
    address: str
    name: str = field(default_factory=lambda: next(_names))
    summary: str = field(default_factory=lambda: next(_summaries))
    number: int = field(default_factory=lambda: next(_numbers))
    accepted: str = ""
    slowest: float = 0.0

    # --- while it fails ---

    def ask(self) -> str:
        """All at once; what was answered. Raises AssertionError for an answer that nobody should get."""
        with ThreadPoolExecutor(5) as together:
            asked = {
                "a name that only the source knows": together.submit(self._search),
                "login": together.submit(self._login),
                "summary": together.submit(self._summary),
                "pharmacies": together.submit(self._pharmacies),
                "reminder": together.submit(self._intake),
            }
            answers = {what: future.result() for what, future in asked.items()}
        self.slowest = max(answer.elapsed.total_seconds() for answer in answers.values())
        assert self.slowest < _PATIENCE, f"somebody waited {self.slowest:.1f} s"
        said = {what: f"{what} {answer.status_code}" for what, answer in answers.items()}
        wrong = [said[what] for what, answer in answers.items() if not _is_fit(what, answer)]
        assert not wrong, "; ".join(wrong)
        return ", ".join(said.values())

    def _search(self) -> requests.Response:
        return self.site.direct(f"/api/v1/medicines?q={self.name}", address=self.address)

    def _summary(self) -> requests.Response:
        return self.site.direct(f"/api/v1/medicines/{self.summary}/summary", address=self.address)

    def _login(self) -> requests.Response:
        body = {"access_token": f"sandbox-user-{50 + self.number}"}
        return self.site.direct("/api/v1/auth/kakao", address=self.address, body=body)

    def _pharmacies(self) -> requests.Response:
        """Each time where nobody asked before."""
        where = f"lat={35.9 + self.number / 10}&lng=127.5"
        return self.site.direct(f"/api/v1/pharmacies?{where}", address=self.address)

    def _intake(self) -> requests.Response:
        """Something to be reminded of in a moment; of what is past nobody is reminded."""
        at = datetime.now(UTC) + _A_MOMENT
        body = {"medicine_name": f"시험약 {self.number}", "scheduled_time": at.isoformat()}
        answer = self.site.direct("/api/v1/schedules", address=self.address, body=body, token=self.site.patient)
        if answer.status_code == 201:
            self.accepted = answer.json()["id"]
        return answer

    # --- after it is mended ---

    def come_true(self) -> str:
        """Wait until all of it is had. What would wait for minutes to pass (breakers, tries again) waits no longer."""
        began = time.monotonic()
        site = self.site
        site.product.forget()
        site.product.sql("UPDATE schedule_push SET due_at = now() WHERE state = 'queued'")
        site.product.sql("UPDATE summary SET lease_until = now(), retry_at = now() WHERE work <> 'done'")
        for task in ("schedules.tasks.remind", "summaries.tasks.sweep_summaries", "pharmacies.tasks.sync_pharmacies"):
            site.product.send(task)
        self.address = site.product.address
        wait_for(lambda: self._search().json().get("results"), why="the name is not found")
        assert self._login().status_code == 200, "no login"
        wait_for(lambda: self._summary().json().get("kind") == "ai", why="the text was lost")
        wait_for(lambda: self._pharmacies().json().get("kakao") == "fresh", why="Kakao is not asked")
        wait_for(self._is_told, why="the reminder was lost")
        wait_for(self._is_copied, why="the national list is not copied")
        return f"nobody waited longer than {self.slowest:.1f} s; all came true {time.monotonic() - began:.1f} s after"

    def _is_told(self) -> bool:
        vendor = self.site.product.standins.stand("expo").vendor
        return any(message["data"]["schedule_id"] == self.accepted for message in list(vendor.messages))  # type: ignore[attr-defined]

    def _is_copied(self) -> bool:
        return self.site.column("SELECT state FROM pharmacy_run ORDER BY id DESC LIMIT 1") == ["complete"]


def _is_fit(what: str, answer: requests.Response) -> bool:
    """Stored things are answered; what only the vendor can do is a problem that says to come again."""
    if what in ("login", "a name that only the source knows") and answer.status_code == 503:
        return int(answer.headers["Retry-After"]) >= 1
    return answer.status_code in (200, 201, 202)
