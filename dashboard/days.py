"""A day as its page shows it: doses in order by the person's clock, and what may be taken as needed."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from dashboard.local import bounds, now_of
from schedules.selectors import as_needed, feed, plans
from schedules.selectors.people import Person
from schedules.services import planning

# A dose may be ticked so long before its time (schedules.services.intakes).
_EARLY = timedelta(hours=24)
# Taken within it, no other time is worth a word.
_ON_TIME = timedelta(minutes=15)
_LOW_DAYS = 3


def day(who: Person, on: date) -> dict[str, Any]:
    """The doses of one local day; on the day itself also medicines taken as needed and stocks running out."""
    planning.keep_filled(who)
    now, (begins, ends) = now_of(who), bounds(on, who)
    rows = feed.today(user_id=who.id, start=begins, end=ends)
    held = plans.held(user_id=who.id)
    shown = [plans.as_dict(plan, who) for plan in held]
    doses = [_dose(row, who, now, _by_hand(shown)) for row in rows]
    is_today = on == now.date()
    return {
        "date": on,
        "now": now,
        "is_today": is_today,
        "is_ahead": on > now.date(),
        "is_beyond": on > (now + planning.HORIZON).date(),
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "times": [_time(at, list(together)) for at, together in groupby(doses, key=_minute)],
        **_progress([dose for dose in doses if not dose["by_hand"]]),
        "as_needed": _as_needed(who, held, shown) if is_today else [],
        "low": [plan for plan in shown if _is_low(plan)] if is_today else [],
        "has_plans": bool(shown),
    }


def _progress(planned: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "planned": len(planned),
        "taken": sum(dose["status"] == "taken" for dose in planned),
        "missed": sum(dose["status"] == "missed" for dose in planned),
    }


def _by_hand(shown: Iterable[dict[str, Any]]) -> set[str | None]:
    """Plans without times of their own: each of their doses was written down, and can be taken away again."""
    return {None, *(plan["id"] for plan in shown if plan["as_needed"])}


def _dose(row: dict[str, Any], who: Person, now: datetime, by_hand: set[str | None]) -> dict[str, Any]:
    due, taken = _local(row["scheduled_time"], who), _local(row["completed_at"], who)
    return {
        **row,
        "due": due,
        "taken_at": taken,
        "on_time": bool(taken and due and abs(taken - due) <= _ON_TIME),
        "by_hand": row["plan_id"] in by_hand,
        "can_tick": due is not None and due - _EARLY <= now,
        "is_past": due is not None and due <= now,
    }


def _local(at: datetime | None, who: Person) -> datetime | None:
    return at.astimezone(who.zone) if at else None


def _minute(dose: dict[str, Any]) -> datetime:
    due: datetime = dose["due"]
    return due.replace(second=0, microsecond=0)


def _time(at: datetime, doses: list[dict[str, Any]]) -> dict[str, Any]:
    """What falls on one moment; `open`: what one tap may tick together."""
    is_open = [dose["id"] for dose in doses if dose["status"] in ("planned", "missed") and dose["can_tick"]]
    return {"at": at, "doses": doses, "open": is_open if len(is_open) > 1 else []}


def _as_needed(who: Person, held: list[Any], shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    versions = [plans.in_force(plan) for plan, told in zip(held, shown, strict=True) if told["as_needed"]]
    if not versions:
        return []
    told = as_needed.next_doses(versions=versions, person=who)
    by_id = {plan["id"]: plan for plan in shown}
    return [_possible(by_id[str(id_)], next_, who) for id_, next_ in told.items()]


def _possible(plan: dict[str, Any], told: dict[str, Any], who: Person) -> dict[str, Any]:
    known = [reason["until"] for reason in told["reasons"]]
    return {
        **told,
        "plan": plan,
        # A dose that alone is above the maximum is possible at no time.
        "never": None in known,
        "possible_at": _local(told["possible_at"], who),
        "last_taken_at": _local(told["last_taken_at"], who),
    }


def _is_low(plan: dict[str, Any]) -> bool:
    stock = plan["stock"]
    return bool(stock) and stock["days_left"] is not None and stock["days_left"] <= (stock["warn_days"] or _LOW_DAYS)
