"""Bodies, strictly: a field that nobody asked for is refused by name, so that no trick sets what was not meant."""

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer for input. DRF refuses NUL and lone surrogates in text itself."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise serializers.ValidationError({name[:40]: _refusal() for name in unknown[:20]})
        return super().to_internal_value(data)


def _refusal() -> list[serializers.ErrorDetail]:
    return [serializers.ErrorDetail("모르는 항목이에요.", code="unknown")]
