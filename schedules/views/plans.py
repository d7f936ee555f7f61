"""`/plans`, `/tags`."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from core.api import query
from core.errors import FieldError, InvalidBody
from core.pagination import envelope
from core.preconditions import check_match
from schedules import rules, schema
from schedules.models import Plan
from schedules.selectors import plans as selectors
from schedules.selectors.people import Person
from schedules.serializers import PlanInput, RefillInput, TagInput, content_of, given_of
from schedules.services import plans as services
from schedules.services import stock, tags
from schedules.views.base import View, answer, nothing, read

_PATTERN_OF = {"phases": rules.PATTERN, "as_needed": rules.PATTERN}
# What null makes of a field that has no place in a version, where leaving it out would leave it as it is.
_NOTHING: dict[str, Any] = {"tags": [], "stock": {"amount": None}}


class Plans(View):
    @schema.list_plans
    def get(self, request: Request) -> HttpResponse:
        query(request._request, ("",))
        return answer(request, envelope(selectors.plans(person=self.person)))

    @schema.create_plan
    def post(self, request: Request) -> HttpResponse:
        person = self.person
        attrs = read(request, PlanInput)
        _check_fires(attrs, person)
        plan = services.create_plan(person=person, draft=_drafted(attrs))
        return _shown(request, plan, person, status=201)


class OnePlan(View):
    @schema.get_plan
    def get(self, request: Request, id_: UUID) -> HttpResponse:
        return _shown(request, selectors.get_plan(user_id=self.me, id_=id_), self.person)

    @schema.change_plan
    def patch(self, request: Request, id_: UUID) -> HttpResponse:
        person = self.person
        plan = selectors.get_plan(user_id=person.id, id_=id_)
        check_match(request._request, selectors.etag(plan))
        attrs = _merged(plan, person, request.data)
        if given_of(attrs) != selectors.given(plan):
            _check_fires(attrs, person)
        draft = _drafted(attrs, stock="stock" in request.data)
        return _shown(request, services.change_plan(person=person, plan=plan, draft=draft), person)

    @schema.end_plan
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        person = self.person
        plan = selectors.get_plan(user_id=person.id, id_=id_)
        check_match(request._request, selectors.etag(plan))
        services.end_plan(person=person, plan=plan)
        return nothing()


class Preview(View):
    @schema.preview_plan
    def post(self, request: Request) -> HttpResponse:
        person = self.person
        attrs = read(request, PlanInput)
        return answer(request, _previewed(attrs, person))


class Refill(View):
    @schema.refill
    def post(self, request: Request, id_: UUID) -> HttpResponse:
        person = self.person
        plan = selectors.get_plan(user_id=person.id, id_=id_)
        amount = read(request, RefillInput)["amount"]
        return _shown(request, stock.refill(plan=plan, amount=amount, person=person), person)


class Tags(View):
    @schema.list_tags
    def get(self, request: Request) -> HttpResponse:
        return answer(request, envelope(selectors.tags(user_id=self.me)))

    @schema.create_tag
    def post(self, request: Request) -> HttpResponse:
        tag = tags.create_tag(user_id=self.me, name=read(request, TagInput)["name"])
        return answer(request, selectors.tag_dict(tag), status=201)


class OneTag(View):
    @schema.delete_tag
    def delete(self, request: Request, id_: int) -> HttpResponse:
        tags.delete_tag(user_id=self.me, tag_id=id_)
        return nothing()


def _check_fires(attrs: Any, person: Person) -> None:
    """That the plan will fire at least once. Raises InvalidBody."""
    if not _previewed(attrs, person)["fires"]:
        detail = "이 계획대로면 복용할 때가 한 번도 없어요. 날짜와 요일을 확인해 주세요."
        raise InvalidBody(detail, errors=[FieldError("starts_on", "never_fires", detail)])


def _drafted(attrs: Any, *, stock: bool = True) -> services.Draft:
    return services.Draft(
        content=content_of(attrs),
        given=given_of(attrs),
        stock=attrs.get("stock") if stock else None,
        tags=tuple(attrs["tags"]) if "tags" in attrs else None,
    )


def _previewed(attrs: Any, person: Person) -> dict[str, Any]:
    zone = rules.zone_of(attrs["time_zone"]) if attrs.get("time_zone") else person.zone
    return selectors.draft_preview(given=given_of(attrs), zone=zone, meals=person.meals)


def _shown(request: Request, plan: Plan, person: Person, *, status: int = 200) -> HttpResponse:
    plan = selectors.get_plan(user_id=person.id, id_=plan.pk)
    return answer(request, selectors.as_dict(plan, person), status=status, etag=selectors.etag(plan))


def _merged(plan: Plan, person: Person, patch: Any) -> Any:
    """The plan as the patch would leave it, checked as a whole; null takes a field away."""
    if not isinstance(patch, dict):
        raise InvalidBody
    now = selectors.as_input(plan, person)
    patch = {name: _NOTHING.get(name) if value is None else value for name, value in patch.items()}
    for form, replaced in _PATTERN_OF.items():
        if patch.get(form):
            now = {name: value for name, value in now.items() if name not in (*replaced, *_PATTERN_OF, "doses")}
    merged = {name: value for name, value in (now | patch).items() if value is not None}
    serializer = PlanInput(data=merged)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
