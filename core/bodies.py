"""Bodies, strictly: a field that nobody asked for is refused by name, so that no trick sets what was not meant."""

from typing import Any

from rest_framework import serializers

from core.api import BODY, refusal

_JSON_TYPES = ((serializers.BooleanField, bool), (serializers.CharField, str), (serializers.IntegerField, int))


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer for input. DRF refuses NUL and lone surrogates in text itself."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is None and self.parent is None:
            # DRF's own words for it are in no language but English.
            raise serializers.ValidationError({BODY: [serializers.ErrorDetail("본문이 비어 있어요.", code="null")]})
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name[:40]: _refusal() for name in unknown[:20]})
            self._refuse_other_types(data)
        return super().to_internal_value(data)

    def _refuse_other_types(self, data: dict[Any, Any]) -> None:
        """DRF reads 0 and "yes" as booleans, 5 as a text and "5" as a number; the schema says otherwise."""
        wrong = {
            name: [serializers.ErrorDetail("형식이 올바르지 않아요.", code="invalid")]
            for name, field in self.fields.items()
            for kind, json_type in _JSON_TYPES
            if isinstance(field, kind) and data.get(name) is not None and type(data[name]) is not json_type
        }
        if wrong:
            raise serializers.ValidationError(wrong)


def _refusal() -> list[serializers.ErrorDetail]:
    return [serializers.ErrorDetail("모르는 항목이에요.", code="unknown")]


def checked(kind: type[serializers.Serializer[Any]], data: Any) -> Any:
    """The checked values, for callers that are no DRF view. Raises InvalidBody."""
    serializer = kind(data=data)
    try:
        serializer.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise refusal(error) from None
    return serializer.validated_data
