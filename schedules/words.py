"""What is said in Korean of plans: a rule as the doctor's sheet prints it, and nouns with their particles. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schedules.rules import WEEKDAYS, patterns

_DAYS = dict(zip(WEEKDAYS, "월화수목금토일", strict=True))
_MEALS = {"breakfast": "아침", "lunch": "점심", "dinner": "저녁", "bedtime": "자기"}
_UNITS = {"hour": "시간", "day": "일", "week": "주"}


def spoken(kept: Mapping[str, Any]) -> str:
    """ "매일 08:00, 20:00 (3월 1일까지)", "필요할 때, 4시간 간격, 하루 4번까지"."""
    if "as_needed" in kept:
        return _as_needed(kept["as_needed"])
    text = " → ".join(pattern(one) for one in patterns(kept))
    ends = [f"{kept['doses']}번"] if kept.get("doses") else []
    ends += [f"{kept['ends_on']}까지"] if kept.get("ends_on") else []
    return f"{text} ({', '.join(ends)})" if ends else text


def pattern(given: Mapping[str, Any]) -> str:
    """One phase: "5일 동안 매일 08:00 2정"."""
    days = f"{given['days']}일 동안 " if given.get("days") else ""
    dose = f" {dose_spoken(given['dose'])}" if given.get("dose") else ""
    times = ", ".join(map(slot_spoken, given.get("times") or ()))
    return f"{days}{_how_often(given)} {times}".rstrip() + dose


def dose_spoken(dose: Mapping[str, Any]) -> str:
    """ "2정", "0.5정", as people write it: input that was checked says 2.000."""
    return f"{Decimal(str(dose['amount'])).normalize():f}{dose['unit']}"


def slot_spoken(slot: str) -> str:
    """ "breakfast+30" → "아침 식후 30분"."""
    for meal, name in _MEALS.items():
        if slot.startswith(meal):
            offset = int(slot.removeprefix(meal) or 0)
            return _near(name, meal, offset)
    return slot


def subject(noun: str) -> str:
    """The noun with its 이 or 가; both where it does not end in Hangul."""
    return noun + _particle(noun, "이", "가")


def object_(noun: str) -> str:
    """With its 을 or 를."""
    return noun + _particle(noun, "을", "를")


def _particle(noun: str, after_consonant: str, after_vowel: str) -> str:
    last = noun[-1:]
    if not "가" <= last <= "힣":
        return f"{after_consonant}({after_vowel})"
    # A syllable's final consonant is its number modulo 28; 0: it has none.
    return after_consonant if (ord(last) - ord("가")) % 28 else after_vowel


def _near(name: str, meal: str, offset: int) -> str:
    if meal == "bedtime":
        return f"{name} 전" if offset == 0 else f"{name} {'후' if offset > 0 else '전'} {abs(offset)}분"
    if offset == 0:
        return f"{name} 식사 때"
    return f"{name} 식{'후' if offset > 0 else '전'} {abs(offset)}분"


def _how_often(given: Mapping[str, Any]) -> str:
    every, parts = given.get("every"), []
    if every and (every["unit"] == "hour" or every["value"] > 1):
        parts.append(f"{every['value']}{_UNITS[every['unit']]}마다")
    if given.get("weekdays"):
        parts.append("·".join(_DAYS[day] for day in given["weekdays"]) + "요일")
    if cycle := given.get("cycle"):
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
