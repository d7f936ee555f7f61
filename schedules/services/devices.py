"""Phones that may be pushed to."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.errors import Conflict, NotFound
from core.preconditions import anything
from schedules.models import Device

MAX_DEVICES = 10


@transaction.atomic
def register(*, user_id: UUID, token: str, platform: str, name: str) -> tuple[Device, bool]:
    """The device and whether it is new to this person. A token is a phone's: who signs in there now has it.

    Raises Conflict beyond ten phones.
    """
    before = Device.objects.filter(token=token).first()
    mine = Device.objects.filter(user_id=user_id, gone_at=None).exclude(token=token)
    if mine.count() >= MAX_DEVICES:
        raise Conflict(f"알림을 받을 기기는 {MAX_DEVICES}대까지 등록할 수 있어요.")
    if before and before.user_id != user_id:
        # Reminders of the person before must not reach the next one's lock screen.
        before.delete()
    values = {"user_id": user_id, "platform": platform, "name": name, "gone_at": None}
    device, _ = Device.objects.update_or_create(
        token=token, defaults=values, create_defaults=values | {"created_at": timezone.now()}
    )
    return device, before is None or before.user_id != user_id


def devices(user_id: UUID) -> list[Device]:
    return list(Device.objects.filter(user_id=user_id, gone_at=None).order_by("created_at", "id"))


@transaction.atomic
def remove(*, user_id: UUID, id_: UUID, check: Callable[[Device], None] = anything) -> None:
    """`check` sees the locked device and may raise. Raises NotFound."""
    device = Device.objects.select_for_update().filter(pk=id_, user_id=user_id).first()
    if device is None:
        raise NotFound("그런 기기가 없어요.")
    check(device)
    device.delete()
