"""What the doctor's sheet says: the current list and the record of a period. Plain values for PDF, CSV and FHIR."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from schedules.selectors import adherence, feed, plans
from schedules.selectors.people import Person
from schedules.words import dose_spoken, spoken

DAYS = 30
_STATUS = {"taken": "먹음", "skipped": "건너뜀", "missed": "놓침", "planned": "예정"}
_HEAD = ("날짜", "예정 시각", "약", "용량", "상태", "먹은 시각", "메모")


@dataclass(frozen=True, slots=True)
class Sheet:
    """`plans` as /plans shows them, `rows` as the feed does, `kept` as /adherence."""

    person: Person
    made_at: datetime
    plans: Sequence[dict[str, Any]]
    rows: Sequence[dict[str, Any]]
    kept: dict[str, Any]


def sheet(person: Person, *, first: date | None = None, last: date | None = None) -> Sheet:
    """From `first` to `last`, both included and not beyond now; the last 30 days when not given."""
    now = datetime.now(person.zone)
    last = min(last or now.date(), now.date())
    first = first or last - timedelta(days=DAYS - 1)
    start, after = (datetime.combine(day, time(), tzinfo=person.zone) for day in (first, last + timedelta(days=1)))
    return Sheet(
        person=person,
        made_at=now,
        plans=plans.plans(person=person),
        rows=feed.today(user_id=person.id, start=start, end=min(after, now)),
        kept=adherence.adherence(user_id=person.id, first=first, last=last, zone=person.zone),
    )


def period(given: Sheet) -> str:
    """ "2026-10-28 ~ 2026-11-26"."""
    return f"{given.kept['from']} ~ {given.kept['to']}"


def how(plan: dict[str, Any]) -> str:
    """A plan's rule in words; with the dose of each phase where `at_once` has none."""
    kept = {name: value for name, value in plan.items() if value is not None}
    if _differs(plan):
        kept["phases"] = [{"dose": plan["dose"]} | phase for phase in plan["phases"]]
    return spoken(kept)


def at_once(plan: dict[str, Any]) -> str:
    """ "2정"; "" for a plan whose phases have doses of their own."""
    return "" if _differs(plan) else dose_spoken(plan["dose"])


def _differs(plan: dict[str, Any]) -> bool:
    return any("dose" in phase for phase in plan.get("phases") or ())


def status(row: dict[str, Any]) -> str:
    return _STATUS[row["status"]]


def local(at: datetime | None, given: Sheet) -> datetime | None:
    return at.astimezone(given.person.zone) if at else None


def as_csv(given: Sheet) -> bytes:
    """The record, a dose a line; with the mark by which Excel knows UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    for row in given.rows:
        due, taken = local(row["scheduled_time"], given), local(row["completed_at"], given)
        dose = f"{row['dose']['amount']}{row['dose']['unit']}"
        cells = (
            f"{due:%Y-%m-%d}", f"{due:%H:%M}", row["medicine"]["name"], dose, status(row),
            f"{taken:%Y-%m-%d %H:%M}" if taken else "", row["notes"],
        )  # fmt: skip
        writer.writerow([_harmless(cell) for cell in cells])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(cell: str) -> str:
    """A spreadsheet must not run what a person typed."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
