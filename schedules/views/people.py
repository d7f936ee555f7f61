"""`/devices` and `/carers`: who is reminded."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from core.api import query
from core.bodies import StrictSerializer
from core.preconditions import check_match, check_state
from core.private import answer
from schedules import schema, serializers
from schedules.models import Carer, Device
from schedules.services import carers, devices
from schedules.views.base import View, by_age, etag_of_body, listed, nothing, read


class Devices(View):
    @schema.list_devices
    def get(self, request: Request) -> HttpResponse:
        return answer(request, listed(request, devices.devices(self.me), _device, name="devices", place=by_age))

    @schema.register_device
    def post(self, request: Request) -> HttpResponse:
        device, new = devices.register(user_id=self.me, **read(request, serializers.DeviceInput))
        return answer(request, _device(device), status=201 if new else 200)


class OneDevice(View):
    @schema.remove_device
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        devices.remove(
            user_id=self.me,
            id_=id_,
            check=lambda device: check_match(request._request, etag_of_body(_device(device))),
        )
        return nothing()


class Carers(View):
    @schema.list_carers
    def get(self, request: Request) -> HttpResponse:
        return answer(request, self._told(request, carers.carers(self.me)))

    @schema.invite_carer
    def post(self, request: Request) -> HttpResponse:
        carer, code = carers.invite(user_id=self.me, **read(request, serializers.CarerInput))
        return answer(request, _carer(carer, self.me) | {"code": code}, status=201, state=_state(carer))

    @schema.revoke_carers
    def delete(self, request: Request) -> HttpResponse:
        """A query or a body that seems to name one of them is refused."""
        query(request._request, ("",))
        read(request, StrictSerializer)
        carers.revoke_all(user_id=self.me, check=partial(self._check, request))
        return nothing()

    def _check(self, request: Request, found: list[Carer]) -> None:
        check_match(request._request, etag_of_body(self._told(request, found)))

    def _told(self, request: Request, found: list[Carer]) -> dict[str, Any]:
        return listed(request, found, lambda one: _carer(one, self.me), name="carers", place=by_age)


class AcceptCarer(View):
    throttle_scope = "carer_code"

    @schema.accept_carer
    def post(self, request: Request) -> HttpResponse:
        code = read(request, serializers.CodeInput)["code"]
        carer = carers.accept(user_id=self.me, code=code)
        return answer(request, _carer(carer, self.me), state=_state(carer))


class OneCarer(View):
    @schema.revoke_carer
    def delete(self, request: Request, id_: UUID) -> HttpResponse:
        carers.revoke(user_id=self.me, id_=id_, check=lambda carer: check_state(request._request, _state(carer)))
        return nothing()


def _device(device: Device) -> dict[str, Any]:
    """The token goes nowhere once it is stored."""
    return {
        "id": str(device.pk), "platform": device.platform, "name": device.name,
        "created_at": device.created_at.isoformat(),
    }  # fmt: skip


def _state(carer: Carer) -> str:
    """An invitation and what came of it; the code, told once, is no part of it."""
    return f"{carer.pk.hex[:12]}-{'accepted' if carer.accepted_at else 'invited'}"


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
