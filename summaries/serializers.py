"""Input of the summary endpoint, checked; and the shape of its answer, for the schema. No queries."""

from typing import Any

from django.http import HttpRequest
from rest_framework import serializers

from core.api import query
from core.errors import invalid
from summaries import keywords

MAX_SEQ = 20


def read_item_seq(item_seq: str) -> str:
    """Raises InvalidQuery."""
    if not (item_seq.isascii() and item_seq.isdigit() and len(item_seq) <= MAX_SEQ):
        raise invalid("item_seq", "digits", "품목기준코드(item_seq)는 숫자로만 이루어져 있어요.")
    return item_seq


def read_keyword(request: HttpRequest) -> str:
    """The keyword in its normal form, "" when none was given. Raises InvalidQuery."""
    params = query(request, ("keyword",))
    return keywords.checked(params["keyword"]) if "keyword" in params else ""


class _OriginSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="설명서의 항목 (efficacy, usage …)")
    index = serializers.IntegerField(min_value=0, help_text="그 항목에서 몇째 문장인지, 0부터")
    text = serializers.CharField(help_text="설명서의 문장 그대로")


class _SentenceSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        # `source` is an attribute of every field, so it cannot be declared as one.
        return {**super().get_fields(), "source": _OriginSerializer(many=True)}


class _SectionSerializer(serializers.Serializer[Any]):
    name = serializers.ChoiceField(
        choices=(
            "effect", "usage", "stop_and_ask", "warning", "precaution", "interaction",
            "side_effect", "advice", "storage",
        )
    )  # fmt: skip
    copied = serializers.BooleanField(help_text="설명서의 문장을 그대로 옮겼으면 true")
    sentences = _SentenceSerializer(many=True)


class SummarySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=("ready", "pending", "stale", "not_mentioned"))
    kind = serializers.ChoiceField(choices=("reviewed", "ai", "extractive"), allow_null=True)
    label_notice = serializers.CharField(allow_null=True, help_text="글과 함께 꼭 보여 줄 말")
    sections = _SectionSerializer(many=True)
    model = serializers.CharField(allow_null=True)
    generated_at = serializers.DateTimeField(allow_null=True)
    coverage = serializers.ChoiceField(choices=("easy", "permit", "name_only"))
