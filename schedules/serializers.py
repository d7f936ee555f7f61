"""Input of the plan and intake endpoints, checked. No queries."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.bodies import StrictSerializer
from core.zones import is_zone
from schedules.client import TOKEN as PUSH_TOKEN
from schedules.recurrence import MAX_OFFSET, SLOT
from schedules.rules import GIVEN, PATTERN, WEEKDAYS

_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
MAX_TIMES = 24
MAX_PHASES = 20
MAX_DOSES = 10_000
MAX_YEARS = timedelta(days=3_653)
_MOST = {"hour": 720, "day": 365, "week": 52}
_BACK = timedelta(days=3_653)


class Slot(serializers.CharField):
    """ "08:00", or a meal with minutes after or before it: "breakfast+30"."""

    def to_internal_value(self, data: Any) -> str:
        text = data if isinstance(data, str) else ""
        match = SLOT.match(text)
        if match is None or int(match[5] or 0) > MAX_OFFSET:
            detail = f"시각은 08:00처럼, 식사에 맞출 때는 breakfast+30처럼 적어 주세요 (앞뒤 {MAX_OFFSET}분까지)."
            raise serializers.ValidationError(detail, "time")
        return text


class Every(StrictSerializer):
    value = serializers.IntegerField(min_value=1)
    unit = serializers.ChoiceField(("hour", "day", "week"))

    def validate(self, attrs: Any) -> Any:
        most = _MOST[attrs["unit"]]
        if attrs["value"] > most:
            raise serializers.ValidationError({"value": f"{most}까지 쓸 수 있어요."}, "max_value")
        return attrs


class Cycle(StrictSerializer):
    on_days = serializers.IntegerField(min_value=1, max_value=365)
    off_days = serializers.IntegerField(min_value=1, max_value=365)


class Dose(StrictSerializer):
    amount = serializers.DecimalField(max_digits=8, decimal_places=3, min_value=Decimal("0.001"))
    unit = serializers.CharField(max_length=10, default="정")


class PatternFields(StrictSerializer):
    times = serializers.ListField(child=Slot(), min_length=1, max_length=MAX_TIMES, required=False)
    every = Every(required=False)
    weekdays = serializers.ListField(
        child=serializers.ChoiceField(WEEKDAYS), min_length=1, max_length=7, required=False
    )
    cycle = Cycle(required=False)


class PhaseInput(PatternFields):
    days = serializers.IntegerField(min_value=1, max_value=3_653, required=False)
    dose = Dose(required=False)


class AsNeeded(StrictSerializer):
    """`min_gap` in minutes; `max_per_day` in doses within any 24 hours."""

    min_gap = serializers.IntegerField(min_value=0, max_value=10_080, default=0)
    max_per_day = serializers.IntegerField(min_value=1, max_value=48, required=False)


class IngredientInput(StrictSerializer):
    """The person's own figures: milligrams in one unit of the dose, and the most in 24 hours."""

    name = serializers.CharField(max_length=60)
    mg = serializers.DecimalField(max_digits=9, decimal_places=3, min_value=Decimal("0.001"))
    max_mg = serializers.DecimalField(max_digits=9, decimal_places=3, min_value=Decimal("0.001"), required=False)


class StockInput(StrictSerializer):
    amount = serializers.DecimalField(
        max_digits=10, decimal_places=3, min_value=0, max_value=1_000_000, allow_null=True
    )
    warn_days = serializers.IntegerField(min_value=1, max_value=60, default=None, allow_null=True)
    warn_time = serializers.RegexField(_CLOCK, default="09:00")


class PlanInput(PatternFields):
    item_seq = serializers.RegexField(r"^[0-9]{1,20}$", required=False)
    medicine_name = serializers.CharField(max_length=200, required=False)
    dose = Dose(required=False)
    time_zone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False)
    doses = serializers.IntegerField(min_value=1, max_value=MAX_DOSES, required=False)
    phases = serializers.ListField(child=PhaseInput(), min_length=1, max_length=MAX_PHASES, required=False)
    as_needed = AsNeeded(required=False)
    ingredients = serializers.ListField(child=IngredientInput(), max_length=20, required=False)
    notes = serializers.CharField(max_length=2_000, required=False, allow_blank=True)
    stock = StockInput(required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=20), max_length=10, required=False)

    def validate_time_zone(self, value: str) -> str:
        if value and not is_zone(value):
            raise serializers.ValidationError("모르는 시간대예요. Asia/Seoul처럼 적어 주세요.", "time_zone")
        return value

    def validate_starts_on(self, value: date) -> date:
        today = datetime.now(UTC).date()
        if not today - _BACK <= value <= today + _BACK:
            raise serializers.ValidationError("시작하는 날은 오늘부터 앞뒤 10년 안이어야 해요.", "range")
        return value

    def validate(self, attrs: Any) -> Any:
        if not (attrs.get("item_seq") or attrs.get("medicine_name")):
            detail = "약 이름(medicine_name)이나 품목기준코드(item_seq)를 적어 주세요."
            raise serializers.ValidationError({"medicine_name": detail}, "required")
        _check_end(attrs)
        _check_form(attrs)
        for number, phase in enumerate(attrs.get("phases", ())):
            _check_pattern(phase, f"phases.{number}.")
            if "days" not in phase and number < len(attrs["phases"]) - 1:
                refuse(f"phases.{number}.days", "마지막이 아닌 단계에는 며칠 동안인지(days) 적어 주세요.")
        return attrs


class PlanPatch(PlanInput):
    """Any of a plan's fields; null takes one away. For the schema: what is checked is the plan as it would be."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.required, field.allow_null = False, True
        return fields


def _check_end(attrs: Mapping[str, Any]) -> None:
    ends_on = attrs.get("ends_on")
    if ends_on and ends_on < attrs["starts_on"]:
        refuse("ends_on", "끝나는 날이 시작하는 날보다 빨라요.")
    if ends_on and ends_on - attrs["starts_on"] > MAX_YEARS:
        refuse("ends_on", "계획은 10년까지 세울 수 있어요. 끝나는 날을 비우면 계속돼요.")


def _check_form(attrs: Mapping[str, Any]) -> None:
    """One of: times or an interval, phases, as needed."""
    plain = [name for name in PATTERN if name in attrs]
    forms = [
        name
        for name, given in (("times", plain), ("phases", "phases" in attrs), ("as_needed", "as_needed" in attrs))
        if given
    ]
    if not forms:
        refuse("times", "언제 먹는지 적어 주세요: times, every, phases, as_needed 가운데 하나예요.")
    if len(forms) > 1:
        refuse(forms[1], "times·every, phases, as_needed는 하나만 쓸 수 있어요.")
    if "doses" in attrs and forms != ["times"]:
        refuse("doses", "복용 횟수(doses)는 times나 every와 함께만 쓸 수 있어요.")
    if forms == ["times"]:
        _check_pattern(attrs, "")


def _check_pattern(pattern: Mapping[str, Any], path: str) -> None:
    every, times = pattern.get("every"), pattern.get("times", [])
    if len(set(times)) != len(times):
        refuse(path + "times", "같은 시각을 두 번 적었어요.")
    if len(set(pattern.get("weekdays", ()))) != len(pattern.get("weekdays", ())):
        refuse(path + "weekdays", "같은 요일을 두 번 적었어요.")
    if every and every["unit"] == "hour":
        if len(times) > 1 or "weekdays" in pattern or "cycle" in pattern:
            refuse(path + "every", "몇 시간마다 먹는 계획에는 첫 시각 하나만 적을 수 있어요.")
    elif not times:
        refuse(path + "times", "먹는 시각을 적어 주세요.")
    if every and every["unit"] == "day" and every["value"] > 1 and ("weekdays" in pattern or "cycle" in pattern):
        refuse(path + "every", "며칠마다와 요일·주기는 함께 쓸 수 없어요.")
    if "cycle" in pattern and "weekdays" in pattern:
        refuse(path + "cycle", "요일과 주기는 함께 쓸 수 없어요.")


def refuse(field: str, detail: str) -> None:
    raise serializers.ValidationError({field: detail}, "invalid")


def given_of(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's part of checked input, JSON-ready."""
    return {name: _plain(attrs[name]) for name in GIVEN if attrs.get(name) is not None}


def content_of(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of a version's columns."""
    dose = attrs.get("dose") or {"amount": Decimal(1), "unit": "정"}
    return {
        "item_seq": attrs.get("item_seq", ""),
        "medicine_name": attrs.get("medicine_name", ""),
        "dose_amount": dose["amount"],
        "dose_unit": dose["unit"],
        "notes": attrs.get("notes", ""),
        "time_zone": attrs.get("time_zone", ""),
        "ingredients": _plain(attrs.get("ingredients", [])),
    }


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Decimal():
            return str(value.normalize() + 0) if value == value.to_integral_value() else str(value.normalize())
        case date():
            return value.isoformat()
    return value


class RefillInput(StrictSerializer):
    amount = serializers.DecimalField(max_digits=10, decimal_places=3, min_value=Decimal("0.001"))


class TagInput(StrictSerializer):
    name = serializers.CharField(max_length=20)


class DeviceInput(StrictSerializer):
    token = serializers.CharField(max_length=200)
    platform = serializers.ChoiceField(("ios", "android"), default="")
    name = serializers.CharField(max_length=60, default="", allow_blank=True)

    def validate_token(self, value: str) -> str:
        if not PUSH_TOKEN.match(value):
            detail = "푸시 토큰이 올바르지 않아요. ExponentPushToken[…] 꼴로 보내 주세요."
            raise serializers.ValidationError(detail, "token")
        return value


class CarerInput(StrictSerializer):
    label = serializers.CharField(max_length=20)  # type: ignore[assignment] # the name is the wire's
    plan_ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)
    after_minutes = serializers.IntegerField(min_value=5, max_value=720, default=60)
    show_medicine_name = serializers.BooleanField(default=False)


class CodeInput(StrictSerializer):
    code = serializers.CharField(max_length=40)


class QuietHours(StrictSerializer):
    def get_fields(self) -> dict[str, Any]:
        # "from" is a word of the language, so it cannot be declared.
        return {name: serializers.RegexField(_CLOCK) for name in ("from", "to")}


class SettingsInput(StrictSerializer):
    enabled = serializers.BooleanField(required=False)
    quiet_hours = QuietHours(required=False, allow_null=True)
    second_after_minutes = serializers.IntegerField(min_value=5, max_value=240, required=False, allow_null=True)
    show_medicine_name = serializers.BooleanField(required=False)

    def validate(self, attrs: Any) -> Any:
        if "quiet_hours" not in attrs:
            return attrs
        quiet = attrs.pop("quiet_hours") or {"from": "", "to": ""}
        if quiet["from"] and quiet["from"] == quiet["to"]:
            refuse("quiet_hours", "조용한 시간의 시작과 끝이 같아요.")
        return attrs | {"quiet_from": quiet["from"], "quiet_to": quiet["to"]}


class CalendarInput(StrictSerializer):
    show_medicine_name = serializers.BooleanField(default=False)
