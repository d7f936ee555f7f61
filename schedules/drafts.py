"""Plans and all else that a person writes, checked: for the endpoints and the pages alike."""

from typing import Any

from core.bodies import checked
from core.errors import FieldError, InvalidBody
from schedules import intake_serializers, rules, serializers
from schedules.models import Plan
from schedules.selectors import plans as selectors
from schedules.selectors.people import Person
from schedules.serializers import content_of, given_of
from schedules.services.plans import Draft

_PATTERN_OF = {"phases": rules.PATTERN, "as_needed": rules.PATTERN}
# What null makes of a field that has no place in a version, where leaving it out would leave it as it is.
_NOTHING: dict[str, Any] = {"tags": [], "stock": {"amount": None}}


def plan(data: Any) -> Any:
    """A plan's fields as the API takes them. Raises InvalidBody, with each field that is wrong."""
    return checked(serializers.PlanInput, data)


def intake(data: Any) -> Any:
    """One that is written down by hand. Raises InvalidBody."""
    return checked(intake_serializers.IntakeInput, data)


def carer(data: Any) -> Any:
    """An invitation. Raises InvalidBody."""
    return checked(serializers.CarerInput, data)


def refill(data: Any) -> Any:
    """Raises InvalidBody."""
    return checked(serializers.RefillInput, data)


def drafted(attrs: Any, person: Person, *, plan: Plan | None = None, stock: bool = True) -> Draft:
    """The draft of a checked plan that will fire at least once, unless `plan` had the same rule. Raises InvalidBody."""
    is_new = plan is None or given_of(attrs) != selectors.given(plan)
    if is_new and not previewed(attrs, person)["fires"]:
        detail = "이 계획대로면 복용할 때가 한 번도 없어요. 날짜와 요일을 확인해 주세요."
        raise InvalidBody(detail, errors=[FieldError("starts_on", "never_fires", detail)])
    return Draft(
        content=content_of(attrs),
        given=given_of(attrs),
        stock=attrs.get("stock") if stock else None,
        tags=tuple(attrs["tags"]) if "tags" in attrs else None,
    )


def previewed(attrs: Any, person: Person) -> dict[str, Any]:
    """What a checked plan would do."""
    zone = rules.zone_of(attrs["time_zone"]) if attrs.get("time_zone") else person.zone
    return selectors.draft_preview(given=given_of(attrs), zone=zone, meals=person.meals)


def merged(plan: Plan, person: Person, patch: Any) -> Any:
    """The plan as the patch would leave it, checked as a whole; null takes a field away. Raises InvalidBody."""
    if not isinstance(patch, dict):
        raise InvalidBody
    now = selectors.as_input(plan, person)
    patch = {name: _NOTHING.get(name) if value is None else value for name, value in patch.items()}
    for form, replaced in _PATTERN_OF.items():
        if patch.get(form):
            now = {name: value for name, value in now.items() if name not in (*replaced, *_PATTERN_OF, "doses")}
    return checked(serializers.PlanInput, {name: value for name, value in (now | patch).items() if value is not None})
