"""Input of the medicine endpoints, checked; and the shapes of their answers, for the schema. No queries."""

from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework import serializers

from core.api import query as strict_query
from core.errors import invalid
from core.pagination import given_cursor, read_limit
from medicines.labels import SECTIONS

DEFAULT_LIMIT = 20
SUGGEST_LIMIT = 10


@dataclass(frozen=True, slots=True)
class SearchInput:
    """`q` as it came (the parser checks it); `cursor` "" for the first page."""

    q: str
    limit: int
    cursor: str


def read_search(request: HttpRequest) -> SearchInput:
    """Raises InvalidQuery."""
    params = strict_query(request, ("q", "limit", "cursor"))
    if "q" not in params:
        raise invalid("q", "required", "검색어(q)를 보내 주세요.")
    return SearchInput(params["q"], read_limit(params.get("limit"), DEFAULT_LIMIT), given_cursor(params))


def read_suggest(request: HttpRequest) -> tuple[str, int]:
    """(q, limit). Raises InvalidQuery."""
    params = strict_query(request, ("q", "limit"))
    if "q" not in params:
        raise invalid("q", "required", "검색어(q)를 보내 주세요.")
    return params["q"], read_limit(params.get("limit"), SUGGEST_LIMIT)


def read_popular(request: HttpRequest) -> int:
    """Raises InvalidQuery."""
    return read_limit(strict_query(request, ("limit",)).get("limit"), SUGGEST_LIMIT)


def read_nothing(request: HttpRequest) -> None:
    """Raises InvalidQuery when there is any parameter."""
    params = strict_query(request)
    if params:
        raise invalid(next(iter(params))[:40], "unknown", "모르는 조건이에요.")


class MatchSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(
        ["exact", "prefix", "substring", "initials", "keyboard", "ingredient", "symptom", "company", "fuzzy"]
    )
    field = serializers.CharField()
    score = serializers.FloatField(min_value=0, max_value=1)


class CardSerializer(serializers.Serializer[object]):
    item_seq = serializers.RegexField(r"^[0-9]+$")
    item_name = serializers.CharField()
    entp_name = serializers.CharField(allow_blank=True)
    etc_otc = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(["active", "withdrawn", "unknown"])
    ingredients = serializers.ListField(child=serializers.CharField())
    efcy_summary = serializers.CharField(allow_blank=True)
    summary_kind = serializers.ChoiceField(["reviewed", "ai", "extractive"], allow_null=True)
    item_image = serializers.CharField(allow_null=True)
    coverage = serializers.ChoiceField(["easy", "permit", "name_only"])


class HitSerializer(CardSerializer):
    match = MatchSerializer()


class NoticeSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField(["emergency"])
    text = serializers.CharField()
    phones = serializers.ListField(child=serializers.CharField())


class SearchSerializer(serializers.Serializer[object]):
    query = serializers.CharField()
    as_of = serializers.DateTimeField()
    normalized = serializers.CharField(allow_blank=True)
    corrected_to = serializers.CharField(allow_null=True)
    notice = NoticeSerializer(allow_null=True)
    stale = serializers.BooleanField()
    results = HitSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class SuggestionSerializer(serializers.Serializer[object]):
    text = serializers.CharField()
    item_seq = serializers.CharField(allow_null=True)
    kind = serializers.CharField()


class SuggestionsSerializer(serializers.Serializer[object]):
    suggestions = SuggestionSerializer(many=True)


class PopularNameSerializer(serializers.Serializer[object]):
    text = serializers.CharField()
    item_seq = serializers.CharField()


class PopularSerializer(serializers.Serializer[object]):
    results = PopularNameSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class SameIngredientSerializer(serializers.Serializer[object]):
    item_seq = serializers.CharField()
    item_name = serializers.CharField()
    entp_name = serializers.CharField(allow_blank=True)
    etc_otc = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(["active", "withdrawn", "unknown"])


LabelSerializer = type(
    "LabelSerializer",
    (serializers.Serializer,),
    {name: serializers.CharField(allow_blank=True) for name in SECTIONS},
)


class DetailSerializer(CardSerializer):
    label = LabelSerializer(allow_null=True)
    label_status = serializers.ChoiceField(["ready", "pending", "none", "source_down"])
    same_ingredient = SameIngredientSerializer(many=True)
    updated_at = serializers.DateTimeField()
    stale = serializers.BooleanField()
