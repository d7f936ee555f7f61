"""What the page of a person's own matters shows, and its forms as the API would take them."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from accounts.selectors import devices as logins
from core.errors import Problem
from dashboard.plan_editor import ZONES
from schedules.selectors import plans
from schedules.selectors.people import Person
from schedules.services import carers, devices, reminder_settings

MEALS = {"breakfast": "아침 식사", "lunch": "점심 식사", "dinner": "저녁 식사", "bedtime": "잠자리"}
_AGAIN = (5, 10, 15, 30, 60, 120)
_AFTER = (15, 30, 60, 120, 180)
_PLAIN = {
    "nickname": "이름은 60자까지 쓸 수 있어요.",
    "meal_times": "식사 시각을 모두 골라 주세요.",
    "quiet_hours": "조용한 시간은 시작과 끝을 서로 다르게 모두 골라 주세요.",
    "label": "보호자에게 보일 이름을 20자까지 적어 주세요.",
    "plan_ids": "어떤 약을 함께 챙길지 하나 이상 골라 주세요.",
}


def shown(user: Any, who: Person, *, login_id: str, refused: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stands in the fields: what was just typed and refused, or else what is stored."""
    people = carers.carers(who.id)
    return {
        "profile": _profile(user, who, _typed(refused, "profile")),
        "reminders": _reminders(who, _typed(refused, "reminders")),
        "plans": plans.plans(person=who),
        "invitation": _invitation(_typed(refused, "carers")),
        "carers": [one for one in people if one.patient_id == who.id],
        "patients": [one for one in people if one.carer_id == who.id],
        "phones": devices.devices(who.id),
        "logins": logins(who.id, current=login_id),
    }


def _typed(refused: Mapping[str, Any] | None, place: str) -> QueryDict | None:
    return refused["typed"] if refused and refused["place"] == place else None


def profile_of(post: QueryDict) -> dict[str, Any]:
    return {
        "nickname": post.get("nickname", ""),
        "time_zone": post.get("time_zone", ""),
        "meal_times": {meal: post.get(meal, "")[:5] for meal in MEALS},
        "large_text": bool(post.get("large_text")),
    }


def reminders_of(post: QueryDict) -> dict[str, Any]:
    again = post.get("again", "")
    quiet = {"from": post.get("quiet_from", "")[:5], "to": post.get("quiet_to", "")[:5]}
    return {
        "enabled": bool(post.get("enabled")),
        "quiet_hours": quiet if post.get("quiet") else None,
        "second_after_minutes": int(again) if again.isascii() and again.isdigit() and len(again) < 5 else None,
        "show_medicine_name": bool(post.get("names")),
    }


def carer_of(post: QueryDict) -> dict[str, Any]:
    after = post.get("after_minutes", "60")
    return {
        "label": post.get("label", ""),
        "plan_ids": post.getlist("plan_id"),
        "after_minutes": int(after) if after.isascii() and after.isdigit() and len(after) < 5 else after,
        "show_medicine_name": bool(post.get("names")),
    }


def refused(place: str, problem: Problem, typed: QueryDict) -> dict[str, Any]:
    """What is wrong, by field, in the page's own words."""
    errors = {
        error.field.removeprefix("reminder_settings.").partition(".")[0]: error.detail
        for error in reversed(problem.errors)
    }
    said = {field: _PLAIN.get(field, detail) for field, detail in errors.items()}
    return {"place": place, "errors": said or {"all": problem.detail}, "typed": typed}


def _profile(user: Any, who: Person, typed: QueryDict | None) -> dict[str, Any]:
    given = profile_of(typed) if typed is not None else None
    zone = given["time_zone"] if given else who.zone.key
    meals = given["meal_times"] if given else who.meals
    return {
        "nickname": given["nickname"] if given else user.nickname,
        "large_text": given["large_text"] if given else user.large_text,
        "meals": [{"name": meal, "label": label, "value": meals.get(meal, "")} for meal, label in MEALS.items()],
        "zones": [{"value": each, "label": label, "chosen": each == zone} for each, label in _zones(zone).items()],
    }


def _zones(chosen: str) -> dict[str, str]:
    known = {zone: label.removeprefix("언제나 ") for zone, label in ZONES.items() if zone}
    return known if chosen in known else {chosen: chosen[:64]} | known


def _reminders(who: Person, typed: QueryDict | None) -> dict[str, Any]:
    wishes = reminder_settings.settings_of(who.id)
    again, quiet = wishes["second_after_minutes"], wishes["quiet_hours"] or {"from": "22:00", "to": "07:00"}
    values = {
        "enabled": wishes["enabled"],
        "quiet": bool(wishes["quiet_hours"]),
        "quiet_from": quiet["from"],
        "quiet_to": quiet["to"],
        "names": wishes["show_medicine_name"],
        "again": [{"value": each, "label": _long(each), "chosen": each == again} for each in _choices(again)],
    }
    if typed is not None:
        values |= {name: bool(typed.get(name)) for name in ("enabled", "quiet", "names")}
        values |= {name: typed.get(name, "")[:5] for name in ("quiet_from", "quiet_to")}
    return values


def _invitation(typed: QueryDict | None) -> dict[str, Any]:
    given = carer_of(typed) if typed is not None else carer_of(QueryDict())
    return {
        "label": given["label"],
        "chosen": given["plan_ids"],
        "names": given["show_medicine_name"],
        "after": [{"value": each, "label": _long(each), "chosen": each == given["after_minutes"]} for each in _AFTER],
    }


def _choices(chosen: int | None) -> list[int]:
    return sorted({*_AGAIN, *([chosen] if chosen else [])})


def _long(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours}시간" if hours else "", f"{rest}분" if rest else "")))
