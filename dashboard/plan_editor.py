"""What the template of the plan editor shows: every field as it was typed, and beside each what is wrong with it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from core.errors import FieldError
from dashboard.plan_input import MEALS, MOST_PHASES, Typed
from schedules.rules import WEEKDAYS
from schedules.words import slot_spoken

FORMS = {
    "times": "매일",
    "weekdays": "정한 요일에",
    "days": "며칠마다",
    "weeks": "몇 주마다",
    "hours": "몇 시간마다",
    "cycle": "먹는 날과 쉬는 날을 번갈아",
    "taper": "양을 단계로 바꾸며",
    "as_needed": "필요할 때만",
    "once": "한 번만",
}
KEEP = {"keep": "지금 정해진 때 그대로"}
UNITS = ("정", "캡슐", "포", "ml", "방울", "번", "회분", "단위")
ENDS = {"none": "계속 먹어요", "date": "정한 날까지", "doses": "정한 횟수만큼"}
ZONES = {
    "": "내가 있는 곳의 시각을 따라가요",
    "Asia/Seoul": "언제나 한국 시각",
    "Asia/Tokyo": "언제나 일본 시각",
    "Asia/Shanghai": "언제나 중국 시각",
    "Asia/Ho_Chi_Minh": "언제나 베트남 시각",
    "Europe/London": "언제나 영국 시각",
    "Europe/Paris": "언제나 서유럽 시각",
    "America/New_York": "언제나 미국 동부 시각",
    "America/Los_Angeles": "언제나 미국 서부 시각",
    "Australia/Sydney": "언제나 시드니 시각",
}
_OFFSETS = ("-60", "-30", "", "+30", "+60", "+120")
_USUAL = {"bedtime": ""}
_CLOCKS, _PHASES = 3, 3
_PHASE_FIELD = re.compile(r"p(\d{1,2})_(?:days|amount|meal|clock)\Z")
# From the API's names of fields to the places of the page, the most exact first.
_PLACES = (
    (re.compile(r"phases\.(\d+)\.times"), r"p\1_times"),
    (re.compile(r"phases\.(\d+)\.days"), r"p\1_days"),
    (re.compile(r"phases\.(\d+)\.dose"), r"p\1_amount"),
    (re.compile(r"phases"), "p0_times"),
    (re.compile(r"(times|every|cycle|weekdays|starts_on|ends_on|doses|notes|tags|time_zone|stock|as_needed)\b"), r"\1"),
    (re.compile(r"dose\b"), "amount"),
    (re.compile(r"item_seq|medicine_name"), "medicine_name"),
)
# In the page's own words, where the API's speak of its fields or of nothing that is on the page.
_PLAIN = {
    "medicine_name": "약 이름을 적어 주세요 (200자까지).",
    "times": "먹는 시각을 하나 이상 골라 주세요. 같은 시각은 한 번만 적을 수 있어요.",
    "every": "1부터의 숫자로 적어 주세요. 며칠마다는 365일, 몇 주마다는 52주, 몇 시간마다는 720시간까지예요.",
    "weekdays": "요일을 하나 이상 골라 주세요.",
    "cycle": "먹는 날과 쉬는 날을 1부터 365까지의 숫자로 적어 주세요.",
    "doses": "횟수는 1부터 10,000까지 적어 주세요. 단계로 바꾸는 약과 필요할 때만 먹는 약에는 쓸 수 없어요.",
    "amount": "한 번에 먹는 양을 0보다 큰 숫자로 적어 주세요. 반 알은 0.5예요.",
    "as_needed": "간격과 횟수를 숫자로 적어 주세요. 간격은 7일까지, 횟수는 하루 48번까지예요.",
    "stock": "남은 약과 알림 날짜를 숫자로 적어 주세요. 알림은 1일부터 60일 전까지예요.",
    "starts_on": "시작하는 날을 골라 주세요.",
    "ends_on": "끝나는 날을 골라 주세요.",
    "notes": "메모는 2,000자까지 쓸 수 있어요.",
    "tags": "태그는 하나에 20자까지, 모두 10개까지 쓸 수 있어요.",
    "time_zone": "목록에 있는 것 가운데 골라 주세요.",
    "days": "며칠 동안 먹는지 숫자로 적어 주세요. 마지막 단계만 비워 둘 수 있어요.",
}
_API_WORD = re.compile(r"[a-z_]{4,}|필드")
_VAGUE = "형식이 올바르지 않아요."


def editor(typed: Typed, tags: Sequence[dict[str, Any]], *, has_keep: bool = False, more: str = "") -> dict[str, Any]:
    """`more`: "times" or "phases", when somebody asked for more empty rows."""
    forms = (KEEP if has_keep else {}) | FORMS
    return {
        "typed": typed,
        "forms": [{"value": value, "label": label} for value, label in forms.items()],
        "form": typed.get("form", "times"),
        "end": typed.get("end", "none"),
        "ends": [{"value": value, "label": label} for value, label in ENDS.items()],
        "units": UNITS,
        "zones": _zones(typed.get("time_zone", "")),
        "times": _times(typed, "", _CLOCKS, more == "times"),
        "weekdays": [
            {"value": day, "label": label, "checked": day in typed.getlist("weekday")}
            for day, label in zip(WEEKDAYS, "월화수목금토일", strict=True)
        ],
        "phases": [_phase(typed, number) for number in range(_phase_count(typed, more == "phases"))],
        "tags": [tag | {"checked": tag["name"] in typed.getlist("tag")} for tag in tags],
    }


def errors_by_place(errors: Iterable[FieldError]) -> dict[str, str]:
    """The first for each place; what has none stands under "all"."""
    found: dict[str, str] = {}
    for error in errors:
        place = _place(error.field)
        found.setdefault(place, _said(place, error))
    return found


def _place(field: str) -> str:
    for pattern, place in _PLACES:
        if match := pattern.match(field):
            return match.expand(place)
    return "all"


def _said(place: str, error: FieldError) -> str:
    """Our own words when they speak to a person; a serializer's, and those about the API's fields, are not for here."""
    kind = place.partition("_")[2] if re.match(r"p\d", place) else place
    is_plain = error.detail.endswith("요.") and error.detail != _VAGUE and not _API_WORD.search(error.detail)
    return error.detail if is_plain else _PLAIN.get(kind, error.detail)


def _times(typed: Typed, prefix: str, least: int, more: bool) -> dict[str, Any]:
    clocks = [clock for clock in typed.getlist(f"{prefix}clock") if clock][:24]
    empty = max(least - len(clocks), 4 if more else 1)
    return {
        "prefix": prefix,
        "meals": [_meal(typed, prefix, meal) for meal in MEALS],
        "clocks": [*clocks, *[""] * empty],
    }


def _meal(typed: Typed, prefix: str, meal: str) -> dict[str, Any]:
    chosen = typed.get(f"{prefix}{meal}", _USUAL.get(meal, "+30"))
    offsets = _OFFSETS if chosen in _OFFSETS else (*_OFFSETS, chosen)
    return {
        "value": meal,
        "label": {"breakfast": "아침", "lunch": "점심", "dinner": "저녁", "bedtime": "자기 전"}[meal],
        "checked": meal in typed.getlist(f"{prefix}meal"),
        "offsets": [{"value": each, "label": _near(meal, each), "chosen": each == chosen} for each in offsets],
    }


def _near(meal: str, offset: str) -> str:
    """The meal's name stands before it already; bedtime has none without its own."""
    try:
        said = slot_spoken(meal + offset)
    except ValueError:
        return offset[:10]
    return said if meal == "bedtime" else said.partition(" ")[2]


def _phase_count(typed: Typed, more: bool) -> int:
    filled = [int(match[1]) + 1 for name in typed if any(typed.getlist(name)) and (match := _PHASE_FIELD.match(name))]
    return min(MOST_PHASES, max(_PHASES, max(filled, default=0) + (3 if more else 0)))


def _phase(typed: Typed, number: int) -> dict[str, Any]:
    prefix = f"p{number}_"
    values = {name: typed.get(prefix + name, "") for name in ("days", "amount")}
    places = {f"{name}_at": f"{prefix}{name}" for name in ("times", "days", "amount")}
    return {**values, **places, "number": number + 1, "times": _times(typed, prefix, 1, False)}


def _zones(chosen: str) -> list[dict[str, Any]]:
    zones = ZONES if chosen in ZONES else ZONES | {chosen: f"언제나 {chosen} 시각"}
    return [{"value": value, "label": label, "chosen": value == chosen} for value, label in zones.items()]
