"""Dates, times and amounts as people say them. Pure."""

from datetime import date, datetime

_WEEKDAYS = "월화수목금토일"


def clock(at: datetime) -> str:
    """ "오전 8:00", "낮 12:30", "밤 12:05"."""
    part = "밤" if at.hour == 0 else "오전" if at.hour < 12 else "낮" if at.hour == 12 else "오후"
    return f"{part} {at.hour % 12 or 12}:{at.minute:02}"


def spoken_day(day: date) -> str:
    """ "11월 26일 목요일"."""
    return f"{day.month}월 {day.day}일 {_WEEKDAYS[day.weekday()]}요일"


def moment(at: datetime, now: datetime) -> str:
    """The clock, with the day when it is another one."""
    days = (at.date() - now.date()).days
    told = {0: "", 1: "내일 ", -1: "어제 "}.get(days, f"{at.month}월 {at.day}일 ")
    return told + clock(at)
