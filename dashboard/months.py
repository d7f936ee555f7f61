"""A month as its calendar shows it: how each day was kept, from one query."""

import calendar
from datetime import date, timedelta
from typing import Any

from core.errors import invalid
from dashboard.local import now_of, read_day
from schedules.selectors import adherence
from schedules.selectors.people import Person


def month(who: Person, wished: str) -> dict[str, Any]:
    """`wished`: "2026-11", or "" for the month that it is. Raises InvalidQuery."""
    today = now_of(who).date()
    first = _first(wished) if wished else today.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    told = adherence.adherence(user_id=who.id, first=first, last=last, zone=who.zone)
    kept = {date.fromisoformat(each["date"]): each for each in told["days"]}
    weeks = calendar.Calendar(firstweekday=6).monthdatescalendar(first.year, first.month)
    return {
        **told,
        "first": first,
        "before": (first - timedelta(days=1)).strftime("%Y-%m"),
        "after": (last + timedelta(days=1)).strftime("%Y-%m"),
        "weeks": [[_cell(day, first, today, kept.get(day)) for day in week] for week in weeks],
        "percent": None if told["total"]["rate"] is None else round(told["total"]["rate"] * 100),
    }


def _cell(day: date, first: date, today: date, kept: dict[str, Any] | None) -> dict[str, Any]:
    """`mark`: all, some or none of what was due was taken; "" when nothing was."""
    due, taken = (kept["due"], kept["taken"]) if kept else (0, 0)
    mark = "" if not due else "all" if taken == due else "some" if taken else "none"
    inside = day.month == first.month and day.year == first.year
    return {"day": day, "inside": inside, "today": day == today, "due": due, "taken": taken, "mark": mark}


def _first(wished: str) -> date:
    first = read_day(f"{wished}-01")
    if first is None or not (2000 < first.year < 2100):
        raise invalid("month", "format", "달은 2026-11처럼 적어 주세요.")
    return first
