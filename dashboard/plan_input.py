"""From the fields of the plan editor to the API's plan, and back. Pure; what is wrong is found by schedules.drafts.

What the editor has no fields for (plans made over the API may be richer) is kept as it is by the form "keep".
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.datastructures import MultiValueDict

from schedules.rules import GIVEN, WEEKDAYS

Typed = MultiValueDict[str, str]
MEALS = ("breakfast", "lunch", "dinner", "bedtime")
RULE = tuple(name for name in GIVEN if name not in ("starts_on", "ends_on"))
MOST_PHASES = 20
_MINUTES_AN_HOUR = 60


def to_plan(typed: Typed, kept: Mapping[str, Any]) -> dict[str, Any]:
    """The plan as the API takes it; `kept`: the plan that is edited, {} for a new one."""
    plan = {**_what(typed), **_FORMS.get(typed.get("form", ""), _none)(typed), **_when(typed)}
    if typed.get("form") == "keep":
        plan |= {name: kept[name] for name in RULE if name in kept and name != "doses"}
    if kept.get("ingredients"):
        plan["ingredients"] = kept["ingredients"]
    return plan


def to_typed(plan: Mapping[str, Any]) -> Typed:
    """The editor's fields for a plan in the API's shape; the form "keep" when they would not give the same plan."""
    typed = Typed(_lists(_fields(plan)))
    again = to_plan(typed, plan)
    if any(_plain(again, name) != _plain(plan, name) for name in GIVEN):
        typed.setlist("form", ["keep"])
    return typed


def _plain(plan: Mapping[str, Any], name: str) -> Any:
    """The order in which times were written means nothing."""
    return sorted(plan.get(name) or ()) if name == "times" else plan.get(name)


def slots(typed: Typed, prefix: str = "") -> list[str]:
    """The times of a day: by meals, then by the clock, each once."""
    meals = [meal + typed.get(f"{prefix}{meal}", "") for meal in typed.getlist(f"{prefix}meal") if meal in MEALS]
    clocks = [clock[:5] for clock in typed.getlist(f"{prefix}clock") if clock]
    return list(dict.fromkeys([*meals, *clocks]))


def _what(typed: Typed) -> dict[str, Any]:
    plan: dict[str, Any] = {
        "starts_on": typed.get("starts_on", ""),
        "dose": {"amount": typed.get("amount") or "1", "unit": typed.get("unit") or "정"},
        "notes": typed.get("notes", ""),
        "time_zone": typed.get("time_zone", ""),
        "tags": typed.getlist("tag"),
    }
    named = {name: typed.get(name, "").strip() for name in ("item_seq", "medicine_name")}
    return plan | {name: text for name, text in named.items() if text}


def _when(typed: Typed) -> dict[str, Any]:
    """The end; a single dose has its own, and one taken as needed or tapered has no number of doses."""
    form, end = typed.get("form"), typed.get("end")
    if form == "once":
        return {"ends_on": typed.get("starts_on", "")}
    if end == "date":
        return {"ends_on": typed.get("ends_on", "")}
    return {"doses": _number(typed.get("doses", ""))} if end == "doses" else {}


def _number(text: str) -> Any:
    """A whole number; what is none goes on as it is, to be refused by its field."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _times(typed: Typed, prefix: str = "") -> dict[str, Any]:
    return {"times": found} if (found := slots(typed, prefix)) else {}


def _weekly(typed: Typed) -> dict[str, Any]:
    chosen = [day for day in WEEKDAYS if day in typed.getlist("weekday")]
    # Every so many weeks may do without, "on these days" may not: an empty list is refused.
    return _times(typed) | ({"weekdays": chosen} if chosen or typed.get("form") == "weekdays" else {})


def _every(unit: str, field: str) -> Callable[[Typed], dict[str, Any]]:
    return lambda typed: {"every": {"value": _number(typed.get(field, "")), "unit": unit}}


def _hours(typed: Typed) -> dict[str, Any]:
    first = typed.get("first_clock", "")[:5]
    return _every("hour", "every_hours")(typed) | ({"times": [first]} if first else {})


def _cycle(typed: Typed) -> dict[str, Any]:
    on, off = (_number(typed.get(name, "")) for name in ("on_days", "off_days"))
    return _times(typed) | {"cycle": {"on_days": on, "off_days": off}}


def _taper(typed: Typed) -> dict[str, Any]:
    found = [_phase(typed, f"p{number}_") for number in range(MOST_PHASES)]
    return {"phases": [phase for phase in found if phase]}


def _phase(typed: Typed, prefix: str) -> dict[str, Any]:
    """{} for a row that was left empty."""
    days, amount, times = typed.get(f"{prefix}days", ""), typed.get(f"{prefix}amount", ""), _times(typed, prefix)
    if not (days or amount or times):
        return {}
    dose = {"dose": {"amount": amount, "unit": typed.get("unit") or "정"}} if amount else {}
    return times | dose | ({"days": _number(days)} if days else {})


def _as_needed(typed: Typed) -> dict[str, Any]:
    hours, minutes = (_number(typed.get(name) or "0") for name in ("gap_hours", "gap_minutes"))
    whole = isinstance(hours, int) and isinstance(minutes, int)
    given = {"min_gap": hours * _MINUTES_AN_HOUR + minutes if whole else f"{hours}:{minutes}"}
    most = typed.get("max_per_day", "")
    return {"as_needed": given | ({"max_per_day": _number(most)} if most else {})}


def _none(typed: Typed) -> dict[str, Any]:
    return {}


_FORMS: dict[str, Callable[[Typed], dict[str, Any]]] = {
    "times": _times,
    "weekdays": _weekly,
    "days": lambda typed: _times(typed) | _every("day", "every_days")(typed),
    "weeks": lambda typed: _weekly(typed) | _every("week", "every_weeks")(typed),
    "hours": _hours,
    "cycle": _cycle,
    "taper": _taper,
    "as_needed": _as_needed,
    "once": _times,
}


def _fields(plan: Mapping[str, Any]) -> dict[str, Any]:
    dose, end = plan.get("dose") or {}, "date" if plan.get("ends_on") else "doses" if plan.get("doses") else "none"
    every, cycle, needed = (plan.get(name) or {} for name in ("every", "cycle", "as_needed"))
    hours, minutes = divmod(needed.get("min_gap", 0), _MINUTES_AN_HOUR)
    return {
        **{name: plan.get(name) for name in ("item_seq", "medicine_name", "starts_on", "ends_on", "doses", "notes")},
        "time_zone": plan.get("time_zone"),
        "amount": dose.get("amount"),
        "unit": dose.get("unit"),
        "tag": plan.get("tags"),
        "form": _form(plan),
        "end": end,
        "weekday": plan.get("weekdays"),
        f"every_{every.get('unit', '')}s": every.get("value"),
        "first_clock": (plan.get("times") or [None])[0] if every.get("unit") == "hour" else None,
        **cycle,
        "gap_hours": hours,
        "gap_minutes": minutes,
        "max_per_day": needed.get("max_per_day"),
        **_slot_fields(plan.get("times") or (), ""),
        **{
            name: value
            for n, one in enumerate(plan.get("phases") or ())
            for name, value in _phase_fields(one, n).items()
        },
    }


def _form(plan: Mapping[str, Any]) -> str:
    every = plan.get("every")
    for name in ("as_needed", "cycle"):
        if plan.get(name):
            return name
    if plan.get("phases"):
        return "taper"
    if every:
        return f"{every['unit']}s"
    is_once = plan.get("ends_on") == plan.get("starts_on") and len(plan.get("times") or ()) == 1
    return "weekdays" if plan.get("weekdays") else "once" if is_once else "times"


def _phases_fields(phases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = [_phase_fields(phase, number) for number, phase in enumerate(phases)]
    return {name: value for fields in found for name, value in fields.items()}


def _phase_fields(phase: Mapping[str, Any], number: int) -> dict[str, Any]:
    prefix = f"p{number}_"
    amount = (phase.get("dose") or {}).get("amount")
    rest = {f"{prefix}days": phase.get("days"), f"{prefix}amount": amount and str(Decimal(amount).normalize() + 0)}
    return rest | _slot_fields(phase.get("times") or (), prefix)


def _slot_fields(times: Any, prefix: str) -> dict[str, Any]:
    """Two times by the same meal have one field: the plan then keeps its own."""
    meals = {meal: slot.removeprefix(meal) for slot in times for meal in MEALS if slot.startswith(meal)}
    clocks = [slot for slot in times if not slot.startswith(MEALS)]
    near = {f"{prefix}{meal}": offset for meal, offset in meals.items()}
    return {f"{prefix}meal": list(meals), f"{prefix}clock": clocks, **near}


def _lists(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    given = {name: value if isinstance(value, list) else [value] for name, value in fields.items() if value is not None}
    return {name: [str(each) for each in values] for name, values in given.items()}
