"""Routes. POST views take an `Idempotency-Key`."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from ops.idempotency import idempotent
from schedules.views import intakes, people, plans, records
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
    _route("plans/<uuid:id_>/next-dose", records.NextDose, "plan-next-dose"),
    _route("adherence", records.Adherence, "adherence"),
    _route("calendar", records.CalendarAddress, "calendar"),
    path("calendar/<str:token>.ics", records.calendar_file, name="calendar-file"),
    _route("doctor-sheet", records.DoctorSheet, "doctor-sheet"),
    _route("devices", people.Devices, "devices"),
    _route("devices/<uuid:id_>", people.OneDevice, "device"),
    _route("carers", people.Carers, "carers"),
    _route("carers/accept", people.AcceptCarer, "carer-accept"),
    _route("carers/<uuid:id_>", people.OneCarer, "carer"),
    _route("tags", plans.Tags, "tags"),
    _route("tags/<int:id_>", plans.OneTag, "tag"),
]
