"""Intakes as an iCalendar file (RFC 5545). Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

# A calendar draws nothing for an event without a length.
_LENGTH = timedelta(minutes=10)


def calendar(rows: Iterable[dict[str, Any]], *, show_medicine_name: bool, now: datetime) -> bytes:
    """`rows` in the feed's shape. Instants stand in UTC, so that a client in any zone has the right moment."""
    made = Calendar()
    made.add("prodid", "-//Pilling//Pilling 1.0//KO")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", "필링 복약")
    made.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    for row in rows:
        made.add_component(_event(row, show_medicine_name, now))
    return bytes(made.to_ical())


def _event(row: dict[str, Any], show_medicine_name: bool, now: datetime) -> Event:
    begins = row["scheduled_time"].astimezone(UTC)
    event = Event()
    event.add("uid", f"{row['id']}@pilling")
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", begins)
    event.add("dtend", begins + _LENGTH)
    event.add("summary", _summary(row) if show_medicine_name else "약 먹기")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _summary(row: dict[str, Any]) -> str:
    return f"{row['medicine']['name']} {row['dose']['amount']}{row['dose']['unit']}"
