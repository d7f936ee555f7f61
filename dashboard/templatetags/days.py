"""Dates, times and rules in words."""

from datetime import date, datetime
from typing import Any

from django import template

from dashboard import words
from schedules.selectors import sheet

register = template.Library()


@register.filter
def clock(at: datetime) -> str:
    return words.clock(at)


@register.filter
def spoken_day(day: date) -> str:
    return words.spoken_day(day)


@register.filter
def moment(at: datetime, now: datetime) -> str:
    """The clock, with the day when it is another than now's."""
    return words.moment(at, now)


@register.filter
def how(plan: dict[str, Any]) -> str:
    """A plan's rule in words."""
    return sheet.how(plan)


@register.filter
def at_once(plan: dict[str, Any]) -> str:
    """How much of it at once, where that is the same each time."""
    return sheet.at_once(plan)


@register.filter
def local_field(at: datetime) -> str:
    """As a datetime-local field takes it."""
    return at.strftime("%Y-%m-%dT%H:%M")


_FIELDS = {
    "medicine_name": "약 이름",
    "amount": "한 번에 먹는 양",
    "unit": "단위",
    "starts_on": "시작하는 날",
    "ends_on": "끝나는 날",
    "doses": "횟수",
    "clock": "시각",
    "meal": "식사",
    "notes": "메모",
    "stock": "남은 약",
    "new_tag": "태그",
    "tag": "태그",
    "category": "갈래",
    "nickname": "이름",
    "label": "보호자에게 보일 이름",
}


@register.filter
def as_typed(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The fields of a form that somebody wrote in, by their names on the page."""
    return [(_FIELDS[name], value) for name, value in fields if name in _FIELDS and value]
