"""Routes. POST views take an `Idempotency-Key`."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from ops.idempotency import idempotent
from schedules.views import intakes, plans
from schedules.views.base import View


def _route(where: str, view: type[View], name: str) -> URLPattern:
    made: Callable[..., Any] = view.as_view()
    return path(where, idempotent(made) if hasattr(view, "post") else made, name=name)


urlpatterns: list[URLPattern] = [
    _route("plans", plans.Plans, "plans"),
    _route("plans/preview", plans.Preview, "plan-preview"),
    _route("plans/<uuid:id_>", plans.OnePlan, "plan"),
    _route("plans/<uuid:id_>/refill", plans.Refill, "plan-refill"),
    _route("schedules", intakes.Intakes, "schedules"),
    _route("schedules/today", intakes.Today, "schedules-today"),
    _route("schedules/<uuid:id_>", intakes.OneIntake, "schedule"),
    _route("schedules/<uuid:id_>/complete", intakes.Complete, "schedule-complete"),
    _route("schedules/<uuid:id_>/skip", intakes.Skip, "schedule-skip"),
    _route("schedules/<uuid:id_>/undo", intakes.Undo, "schedule-undo"),
    _route("tags", plans.Tags, "tags"),
    _route("tags/<int:id_>", plans.OneTag, "tag"),
]
