"""Bodies, strictly: a field that nobody asked for is refused by name, so that no trick sets what was not meant."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


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


class JsonParser(JSONParser):
    """DRF's, which lets a body of a thousand open brackets end the request as a fault of ours."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError from None
