"""Input and output of the scrap endpoints. No queries."""

from typing import Any

from rest_framework import serializers

from core.bodies import StrictSerializer
from medicines.serializers import CardSerializer

MAX_CATEGORY = 20


class ScrapInput(StrictSerializer):
    item_seq = serializers.RegexField(r"^[0-9]{1,20}$", required=False)
    medicine_name = serializers.CharField(max_length=200, required=False)
    category = serializers.CharField(max_length=MAX_CATEGORY)
    notes = serializers.CharField(max_length=2_000, required=False, allow_blank=True)

    def validate(self, attrs: Any) -> Any:
        if not (attrs.get("item_seq") or attrs.get("medicine_name")):
            detail = "품목기준코드(item_seq)나 약 이름(medicine_name)을 적어 주세요."
            raise serializers.ValidationError({"medicine_name": detail}, "required")
        return attrs


class ScrapChange(StrictSerializer):
    category = serializers.CharField(max_length=MAX_CATEGORY, required=False)
    notes = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class ScrapOut(serializers.Serializer[object]):
    id = serializers.IntegerField()
    item_seq = serializers.CharField(allow_null=True)
    medicine_name = serializers.CharField()
    category = serializers.CharField()
    notes = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    medicine = CardSerializer(allow_null=True)


class ScrapList(serializers.Serializer[object]):
    results = ScrapOut(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
