"""Input of the pharmacy endpoints, and the shapes of their answers, for the schema. No queries."""

from datetime import datetime

from django.http import HttpRequest
from rest_framework import serializers

from core.api import query as strict_query
from pharmacies.hours import DAYS
from pharmacies.question import NearestInput, id_asked, moment_asked, nearest_asked


def read_nearest(request: HttpRequest) -> NearestInput:
    """Raises InvalidQuery."""
    return nearest_asked(strict_query(request, ("lat", "lng", "radius", "open_now", "at", "limit")))


def read_one(request: HttpRequest, pharmacy_id: str) -> tuple[int, datetime]:
    """(id, moment). Raises InvalidQuery."""
    number = id_asked(pharmacy_id)
    return number, moment_asked(strict_query(request, ("at",)).get("at"))


class SlotSerializer(serializers.Serializer[object]):
    opens = serializers.RegexField(r"^[0-2][0-9]:[0-5][0-9]$")
    closes = serializers.RegexField(r"^[0-2][0-9]:[0-5][0-9]$")
    next_day = serializers.BooleanField()


WeekSerializer = type(
    "WeekSerializer", (serializers.Serializer,), {name: SlotSerializer(allow_null=True) for name in DAYS}
)


class PharmacySourceSerializer(serializers.Serializer[object]):
    name = serializers.ChoiceField(["nemc", "hira", "kakao"])
    as_of = serializers.DateField()
    confidence = serializers.FloatField(min_value=0, max_value=1, allow_null=True)


class PharmacySerializer(serializers.Serializer[object]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    address = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    lat = serializers.FloatField()
    lng = serializers.FloatField()
    distance_m = serializers.FloatField(min_value=0, allow_null=True)
    state = serializers.ChoiceField(["open", "closed", "unknown"])
    state_reason = serializers.ChoiceField([
        "within_hours", "past_midnight", "holiday_hours", "always_open", "before_opening", "after_closing",
        "no_hours", "day_not_listed",
    ])  # fmt: skip
    state_text = serializers.CharField()
    opens_at = serializers.DateTimeField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)
    hours = WeekSerializer(allow_null=True)
    sources = PharmacySourceSerializer(many=True)
    as_of = serializers.DateField()


class _MomentSerializer(serializers.Serializer[object]):
    at = serializers.DateTimeField()
    holiday = serializers.CharField(allow_null=True)
    notice = serializers.CharField()


class NearestSerializer(_MomentSerializer):
    kakao = serializers.ChoiceField(["fresh", "pending", "down", "off"])
    stale = serializers.BooleanField()
    results = PharmacySerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class OnePharmacySerializer(PharmacySerializer, _MomentSerializer):
    pass
