"""`/devices` and `/carers`: who is reminded."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from core.pagination import envelope
from schedules import schema, serializers
from schedules.models import Carer, Device
from schedules.services import carers, devices
from schedules.views.base import View, answer, nothing, read


class Devices(View):
    @schema.list_devices
    def get(self, request: Request) -> HttpResponse:
        return answer(request, envelope([_device(one) for one in devices.devices(self.me)]))

    @schema.register_device
    def post(self, request: Request) -> HttpResponse:
        device, new = devices.register(user_id=self.me, **read(request, serializers.DeviceInput))
        return answer(request, _device(device), status=201 if new else 200)


class OneDevice(View):
    @schema.remove_device
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        devices.remove(user_id=self.me, id_=id_)
        return nothing()


class Carers(View):
    @schema.list_carers
    def get(self, request: Request) -> HttpResponse:
        return answer(request, envelope([_carer(one, self.me) for one in carers.carers(self.me)]))

    @schema.invite_carer
    def post(self, request: Request) -> HttpResponse:
        carer, code = carers.invite(user_id=self.me, **read(request, serializers.CarerInput))
        return answer(request, _carer(carer, self.me) | {"code": code}, status=201)


class AcceptCarer(View):
    throttle_scope = "carer_code"

    @schema.accept_carer
    def post(self, request: Request) -> HttpResponse:
        code = read(request, serializers.CodeInput)["code"]
        return answer(request, _carer(carers.accept(user_id=self.me, code=code), self.me))


class OneCarer(View):
    @schema.revoke_carer
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        carers.revoke(user_id=self.me, id_=id_)
        return nothing()


def _device(device: Device) -> dict[str, Any]:
    """The token goes nowhere once it is stored."""
    return {
        "id": str(device.pk), "platform": device.platform, "name": device.name,
        "created_at": device.created_at.isoformat(),
    }  # fmt: skip


def _carer(carer: Carer, me: UUID) -> dict[str, Any]:
    """A carer is shown no plan's content, only how many they are told of."""
    mine = carer.patient_id == me
    return {
        "id": str(carer.pk),
        "role": "patient" if mine else "carer",
        "label": carer.label,
        "plan_ids": [str(plan.pk) for plan in carer.plans.all()] if mine else [],
        "after_minutes": carer.after_minutes,
        "show_medicine_name": carer.show_medicine_name,
        "expires_at": None if carer.accepted_at else carer.expires_at.isoformat(),
        "accepted_at": carer.accepted_at.isoformat() if carer.accepted_at else None,
    }
