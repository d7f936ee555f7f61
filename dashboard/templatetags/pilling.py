"""Words for what the API says in codes. Pure."""

import json
from datetime import date, datetime, timedelta

from django import template

register = template.Library()

_WHY = {
    "exact": "이름이 같아요",
    "prefix": "이름이 이렇게 시작해요",
    "substring": "이름에 들어 있어요",
    "initials": "초성이 맞아요",
    "keyboard": "한/영 자판을 바꿔 읽은 이름이에요",
    "ingredient": "성분이 맞아요",
    "symptom": "효능에 적힌 증상이에요",
    "company": "회사 이름이 맞아요",
    "fuzzy": "비슷한 이름이에요",
}
SECTIONS = {
    "effect": "어떤 약인가요",
    "efficacy": "효능",
    "usage": "먹는 법·쓰는 법",
    "stop_and_ask": "멈추고 물어보세요",
    "warning": "꼭 알아 두세요",
    "precaution": "주의할 점",
    "interaction": "함께 먹을 때",
    "side_effect": "부작용",
    "advice": "생활 속 도움말",
    "storage": "보관하는 법",
}


@register.filter
def why(kind: str) -> str:
    """Why a search found something."""
    return _WHY.get(kind, "")


@register.filter
def section(name: str) -> str:
    """The heading of a section of a summary or a label."""
    return SECTIONS.get(name, name)


OUTCOMES = {"started": "시작", "succeeded": "잘 끝남", "retried": "다시 하기로 함", "failed": "실패"}
TIERS = {"memory": "메모리", "redis": "Redis"}
STATES = {"open": "열림", "closed": "닫힘", "unknown": "모름"}
SOURCES = {"nemc": "국립중앙의료원", "hira": "건강보험심사평가원", "kakao": "카카오"}
DAYS = {
    "mon": "월요일", "tue": "화요일", "wed": "수요일", "thu": "목요일", "fri": "금요일", "sat": "토요일",
    "sun": "일요일", "holiday": "공휴일",
}  # fmt: skip
_NEAR_DAYS = ("오늘", "내일", "모레")


@register.filter
def state(name: str) -> str:
    """Whether a pharmacy is open."""
    return STATES.get(name, name)


@register.filter
def source(name: str) -> str:
    """Who says so of a pharmacy."""
    return SOURCES.get(name, name)


@register.filter
def weekday(name: str) -> str:
    """A day of a week's hours."""
    return DAYS.get(name, name)


@register.filter
def distance(metres: float | None) -> str:
    """320m, 1.4km."""
    if metres is None:
        return ""
    return f"{round(metres / 10) * 10}m" if metres < 995 else f"{metres / 1_000:.1f}km"


@register.filter
def day(text: str) -> date:
    """The day of a moment or a date as the API writes them."""
    return date.fromisoformat(text[:10])


@register.filter
def clock(moment: str, seen: str) -> str:
    """A moment as one says it at another one, both as the API writes them: 오늘 19:00, 12월 3일 09:00."""
    at, now = datetime.fromisoformat(moment), datetime.fromisoformat(seen)
    ahead = (at.date() - now.date()) // timedelta(days=1)
    said = _NEAR_DAYS[ahead] if 0 <= ahead < len(_NEAR_DAYS) else f"{at.month}월 {at.day}일"
    return f"{said} {at:%H:%M}"


@register.filter
def outcome(name: str) -> str:
    """What became of a task."""
    return OUTCOMES.get(name, name)


@register.filter
def tier(name: str) -> str:
    """Where a cached answer lay."""
    return TIERS.get(name, name)


@register.filter
def as_json(value: object) -> str:
    """For a data attribute, which the template escapes."""
    return json.dumps(value, separators=(",", ":"))
