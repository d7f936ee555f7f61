"""Input of the intake endpoints, checked. No queries."""

from typing import Any, ClassVar

from rest_framework import serializers

from core.bodies import StrictSerializer
from schedules.serializers import Dose, refuse


class Instant(serializers.DateTimeField):
    """A moment with its offset: without one nobody knows whose clock was meant."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "offset": "시각에 시간대를 붙여 주세요. 2026-11-26T09:00:00+09:00처럼요."
    }

    def enforce_timezone(self, value: Any) -> Any:
        if value.tzinfo is None:
            self.fail("offset")
        return super().enforce_timezone(value)


class TickInput(StrictSerializer):
    at = Instant(required=False, allow_null=True)


class IntakeInput(StrictSerializer):
    """By hand: of a plan (taken as needed), or of any medicine."""

    plan_id = serializers.UUIDField(required=False)
    item_seq = serializers.RegexField(r"^[0-9]{1,20}$", required=False)
    medicine_name = serializers.CharField(max_length=200, required=False)
    dose = Dose(required=False)
    scheduled_time = Instant(required=False)
    completed_at = Instant(required=False)
    notes = serializers.CharField(max_length=2_000, required=False, allow_blank=True)

    def validate(self, attrs: Any) -> Any:
        if not any(attrs.get(name) for name in ("plan_id", "item_seq", "medicine_name")):
            refuse("medicine_name", "무슨 약인지 적어 주세요: plan_id, item_seq, medicine_name 가운데 하나예요.")
        if not (attrs.get("scheduled_time") or attrs.get("completed_at")):
            refuse("scheduled_time", "예정 시각(scheduled_time)이나 먹은 시각(completed_at)을 적어 주세요.")
        dose = attrs.pop("dose", None)
        return attrs | ({"dose_amount": dose["amount"], "dose_unit": dose["unit"]} if dose else {})


class IntakeChange(StrictSerializer):
    notes = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    completed_at = Instant(required=False)
