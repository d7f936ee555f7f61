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
def local_field(at: datetime) -> str:
    """As a datetime-local field takes it."""
    return at.strftime("%Y-%m-%dT%H:%M")
