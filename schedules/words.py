"""A plan's rule in Korean, as the doctor's sheet prints it. Pure."""

from collections.abc import Mapping
from typing import Any

from schedules.rules import WEEKDAYS, patterns

_DAYS = dict(zip(WEEKDAYS, "월화수목금토일", strict=True))
_MEALS = {"breakfast": "아침", "lunch": "점심", "dinner": "저녁", "bedtime": "자기"}
_UNITS = {"hour": "시간", "day": "일", "week": "주"}


def spoken(kept: Mapping[str, Any]) -> str:
    """ "매일 08:00, 20:00 (3월 1일까지)", "필요할 때, 4시간 간격, 하루 4번까지"."""
    if "as_needed" in kept:
        return _as_needed(kept["as_needed"])
    text = " → ".join(_pattern(one) for one in patterns(kept))
    ends = [f"{kept['doses']}번"] if kept.get("doses") else []
    ends += [f"{kept['ends_on']}까지"] if kept.get("ends_on") else []
    return f"{text} ({', '.join(ends)})" if ends else text


def slot_spoken(slot: str) -> str:
    """ "breakfast+30" → "아침 식후 30분"."""
    for meal, name in _MEALS.items():
        if slot.startswith(meal):
            offset = int(slot.removeprefix(meal) or 0)
            return _near(name, meal, offset)
    return slot


def _near(name: str, meal: str, offset: int) -> str:
    if meal == "bedtime":
        return f"{name} 전" if offset == 0 else f"{name} {'후' if offset > 0 else '전'} {abs(offset)}분"
    if offset == 0:
        return f"{name} 식사 때"
    return f"{name} 식{'후' if offset > 0 else '전'} {abs(offset)}분"


def _pattern(pattern: Mapping[str, Any]) -> str:
    days = f"{pattern['days']}일 동안 " if pattern.get("days") else ""
    dose = f" {pattern['dose']['amount']}{pattern['dose']['unit']}" if pattern.get("dose") else ""
    times = ", ".join(map(slot_spoken, pattern.get("times") or ()))
    return f"{days}{_how_often(pattern)} {times}".rstrip() + dose


def _how_often(pattern: Mapping[str, Any]) -> str:
    every, parts = pattern.get("every"), []
    if every and (every["unit"] == "hour" or every["value"] > 1):
        parts.append(f"{every['value']}{_UNITS[every['unit']]}마다")
    if pattern.get("weekdays"):
        parts.append("·".join(_DAYS[day] for day in pattern["weekdays"]) + "요일")
    if cycle := pattern.get("cycle"):
        parts.append(f"{cycle['on_days']}일 먹고 {cycle['off_days']}일 쉬고")
    return " ".join(parts) or "매일"


def _as_needed(given: Mapping[str, Any]) -> str:
    hours, minutes = divmod(given.get("min_gap", 0), 60)
    gap = " ".join(filter(None, (f"{hours}시간" if hours else "", f"{minutes}분" if minutes else "")))
    parts = [
        "필요할 때",
        f"{gap} 간격" if gap else "",
        f"하루 {given['max_per_day']}번까지" if given.get("max_per_day") else "",
    ]
    return ", ".join(filter(None, parts))
