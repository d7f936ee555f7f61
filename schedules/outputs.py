"""The shapes of the answers, for the schema."""

from typing import Any

from rest_framework import serializers

from schedules import serializers as inputs

S = serializers.Serializer[Any]


class MedicineOut(S):
    item_seq = serializers.CharField(allow_null=True)
    name = serializers.CharField()


class DoseOut(S):
    amount = serializers.FloatField()
    unit = serializers.CharField()


class PatternOut(S):
    times = serializers.ListField(child=serializers.CharField(), allow_null=True, required=False)
    every = inputs.Every(allow_null=True, required=False)
    weekdays = serializers.ListField(child=serializers.CharField(), allow_null=True, required=False)
    cycle = inputs.Cycle(allow_null=True, required=False)


class PhaseDoseOut(S):
    amount = serializers.CharField()
    unit = serializers.CharField()


class PhaseOut(PatternOut):
    days = serializers.IntegerField(required=False)
    dose = PhaseDoseOut(required=False)


class AsNeededOut(S):
    min_gap = serializers.IntegerField()
    max_per_day = serializers.IntegerField(required=False)


class IngredientOut(S):
    name = serializers.CharField()
    mg = serializers.CharField()
    max_mg = serializers.CharField(required=False)


class StockOut(S):
    amount = serializers.FloatField()
    warn_days = serializers.IntegerField(allow_null=True)
    warn_time = serializers.CharField()
    days_left = serializers.IntegerField(allow_null=True)


class PlanOut(PatternOut):
    id = serializers.UUIDField()
    version = serializers.IntegerField()
    item_seq = serializers.CharField(allow_null=True)
    medicine_name = serializers.CharField()
    dose = DoseOut()
    time_zone = serializers.CharField(allow_null=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    doses = serializers.IntegerField(allow_null=True)
    phases = PhaseOut(many=True, allow_null=True)
    as_needed = AsNeededOut(allow_null=True)
    ingredients = IngredientOut(many=True)
    stock = StockOut(allow_null=True)
    notes = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def _list(item: Any) -> Any:
    """Every list's shape."""
    name = item.__name__.replace("Out", "")
    fields = {
        "results": item(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return type(f"{name}List", (serializers.Serializer,), fields)


class PreviewedOut(S):
    at = serializers.DateTimeField()
    phase = serializers.IntegerField()
    dose_amount = serializers.FloatField(allow_null=True)


class PreviewOut(S):
    fires = serializers.BooleanField()
    results = PreviewedOut(many=True)
    more = serializers.BooleanField()


class IntakeOut(S):
    id = serializers.UUIDField()
    plan_id = serializers.UUIDField(allow_null=True)
    plan_version = serializers.IntegerField(allow_null=True)
    scheduled_time = serializers.DateTimeField()
    completed = serializers.BooleanField()
    completed_at = serializers.DateTimeField(allow_null=True)
    skipped_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(["planned", "missed", "taken", "skipped"])
    medicine = MedicineOut()
    dose = DoseOut()
    notes = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()


class FeedOut(S):
    results = IntakeOut(many=True)
    deleted = serializers.ListField(child=serializers.UUIDField(), required=False)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    sync_token = serializers.CharField()
    planned_until = serializers.DateTimeField(allow_null=True)


class TodayOut(S):
    results = IntakeOut(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    date = serializers.DateField()
    time_zone = serializers.CharField()


class ReasonOut(S):
    kind = serializers.ChoiceField(["min_gap", "max_per_day", "ingredient_max"])
    detail = serializers.CharField()
    until = serializers.DateTimeField(allow_null=True)


class SumOut(S):
    name = serializers.CharField()
    taken_mg = serializers.FloatField()
    dose_mg = serializers.FloatField(allow_null=True)
    max_mg = serializers.FloatField(allow_null=True)
    max_source = serializers.ChoiceField(["user", "label"], allow_null=True)
    not_counted = serializers.ListField(child=serializers.CharField())
    products = serializers.ListField(child=serializers.CharField())


class NextDoseOut(S):
    possible_at = serializers.DateTimeField()
    possible_now = serializers.BooleanField()
    last_taken_at = serializers.DateTimeField(allow_null=True)
    taken_in_24h = serializers.IntegerField()
    reasons = ReasonOut(many=True)
    ingredients = SumOut(many=True)
    notice = serializers.CharField()


class TallyOut(S):
    due = serializers.IntegerField()
    taken = serializers.IntegerField()
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    skipped = serializers.IntegerField()
    missed = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)


class MedicineTallyOut(TallyOut):
    item_seq = serializers.CharField(allow_null=True)
    medicine_name = serializers.CharField()


class DayTallyOut(TallyOut):
    date = serializers.DateField()


class WeekTallyOut(TallyOut):
    week_of = serializers.DateField()


class StreakOut(S):
    current_days = serializers.IntegerField()
    longest_days = serializers.IntegerField()


class _AdherenceOut(S):
    to = serializers.DateField()
    time_zone = serializers.CharField()
    total = TallyOut()
    medicines = MedicineTallyOut(many=True)
    days = DayTallyOut(many=True)
    weeks = WeekTallyOut(many=True)
    streak = StreakOut()


class AdherenceOut(_AdherenceOut):
    def get_fields(self) -> dict[str, Any]:
        # "from" is a word of the language, so it cannot be declared.
        return {"from": serializers.DateField(), **super().get_fields()}


class CalendarOut(S):
    url = serializers.URLField()


class TagOut(S):
    id = serializers.IntegerField()
    name = serializers.CharField()
    seeded = serializers.BooleanField()


class DeviceOut(S):
    id = serializers.UUIDField()
    platform = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class CarerOut(S):
    id = serializers.UUIDField()
    role = serializers.ChoiceField(["patient", "carer"])
    label = serializers.CharField()  # type: ignore[assignment] # the name is the wire's
    plan_ids = serializers.ListField(child=serializers.UUIDField())
    after_minutes = serializers.IntegerField()
    show_medicine_name = serializers.BooleanField()
    expires_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)


class InvitedCarerOut(CarerOut):
    code = serializers.CharField()


class SettingsOut(S):
    enabled = serializers.BooleanField()
    quiet_hours = inputs.QuietHours(allow_null=True)
    second_after_minutes = serializers.IntegerField(allow_null=True)
    show_medicine_name = serializers.BooleanField()


PlanList, TagList, DeviceList, CarerList = map(_list, (PlanOut, TagOut, DeviceOut, CarerOut))
