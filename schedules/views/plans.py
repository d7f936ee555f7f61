"""`/plans`, `/tags`."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from core.pagination import Place
from core.preconditions import check_match, check_state
from core.private import answer
from schedules import drafts, schema
from schedules.models import Plan
from schedules.selectors import plans as selectors
from schedules.selectors.people import Person
from schedules.serializers import PlanInput, RefillInput, TagInput
from schedules.services import plans as services
from schedules.services import stock, tags
from schedules.views.base import View, by_age, etag_of_body, listed, nothing, read


class Plans(View):
    @schema.list_plans
    def get(self, request: Request) -> HttpResponse:
        person = self.person
        rows = selectors.held(user_id=person.id)
        return answer(
            request, listed(request, rows, lambda plan: selectors.as_dict(plan, person), name="plans", place=by_age)
        )

    @schema.create_plan
    def post(self, request: Request) -> HttpResponse:
        person = self.person
        draft = drafts.drafted(read(request, PlanInput), person)
        plan = services.create_plan(person=person, draft=draft)
        return _shown(request, plan, person, status=201)


class OnePlan(View):
    @schema.get_plan
    def get(self, request: Request, id_: UUID) -> HttpResponse:
        return _shown(request, selectors.get_plan(user_id=self.me, id_=id_), self.person)

    @schema.change_plan
    def patch(self, request: Request, id_: UUID) -> HttpResponse:
        person = self.person
        plan = selectors.get_plan(user_id=person.id, id_=id_)
        check_state(request._request, selectors.state(plan))
        merged = drafts.merged(plan, person, request.data)
        draft = drafts.drafted(merged, person, plan=plan, stock="stock" in request.data)
        return _shown(request, services.change_plan(person=person, plan=plan, draft=draft), person)

    @schema.end_plan
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        person = self.person
        plan = selectors.get_plan(user_id=person.id, id_=id_)
        check_state(request._request, selectors.state(plan))
        services.end_plan(person=person, plan=plan)
        return nothing()


class Preview(View):
    @schema.preview_plan
    def post(self, request: Request) -> HttpResponse:
        person = self.person
        attrs = read(request, PlanInput)
        return answer(request, drafts.previewed(attrs, person))


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
        rows = selectors.tags(user_id=self.me)
        return answer(request, listed(request, rows, dict, name="tags", place=_place_of_tag))

    @schema.create_tag
    def post(self, request: Request) -> HttpResponse:
        tag = tags.create_tag(user_id=self.me, name=read(request, TagInput)["name"])
        return answer(request, selectors.tag_dict(tag), status=201)


class OneTag(View):
    @schema.delete_tag
    def delete(self, request: Request, id_: int) -> HttpResponse:
        tags.delete_tag(
            user_id=self.me,
            tag_id=id_,
            check=lambda tag: check_match(request._request, etag_of_body(selectors.tag_dict(tag))),
        )
        return nothing()


def _place_of_tag(tag: dict[str, Any]) -> Place:
    return 0 if tag["seeded"] else 1, f"{tag['id']:020}"


def _shown(request: Request, plan: Plan, person: Person, *, status: int = 200) -> HttpResponse:
    plan = selectors.get_plan(user_id=person.id, id_=plan.pk)
    return answer(request, selectors.as_dict(plan, person), status=status, state=selectors.state(plan))
