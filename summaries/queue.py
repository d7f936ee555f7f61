"""The curators' queue: which summaries to look at first, in one query."""

from typing import Any

from django.db.models import Case, Exists, F, FloatField, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable, Expression, Func
from django.db.models.functions import Least

from summaries import prompts
from summaries.models import MODELS, GeneratedText, Kind, Revision

State = GeneratedText.State

# Risk is 1 and these, when they hold. Classes: summaries.omissions.CLASSES, as the text's checks have them.
CLASS_RISK = {"pregnancy": 2, "age": 2, "contraindication": 1, "stop_and_ask": 1, "interaction": 1, "alcohol": 1}
PRESCRIPTION_RISK = 2
# The label changed, or a new text took the place of one that a person had approved.
UNSETTLED_RISK = 3
# One for each sentence that the gate refused, up to this.
MOST_REFUSED_RISK = 5


def queue(kind: Kind = "summary") -> QuerySet[Any]:
    """Every present text, one a medicine (and keyword), with `refused`, `risk`, `views` and `priority` = views × risk.

    views = 1 + Medicine.popularity, a logarithm of recent searches: with raw counts the first hundred names would hide
    every risk behind them.
    """
    known = ~Q(source_hash="") | Q(Exists(_steps(kind)))
    rows: QuerySet[Any] = MODELS[kind].objects.select_related("medicine")
    queued: QuerySet[Any] = rows.filter(known, _is_present(kind)).annotate(
        refused=Func(F("checks__fired"), function="jsonb_array_length", output_field=IntegerField()),
        was_reviewed=Exists(_approvals(kind)),
        views=1 + F("medicine__popularity"),
        risk=_risk(kind),
        priority=(1 + F("medicine__popularity")) * _risk(kind),
    )
    return queued


def _is_present(kind: Kind) -> Q:
    """The text of the present prompt; an older one's only while that has none (as selectors.newest)."""
    same = {name: OuterRef(name) for name in (("medicine",) if kind == "summary" else ("medicine", "search_keyword"))}
    newer = MODELS[kind].objects.filter(**same, prompt_version=prompts.VERSION)
    return Q(prompt_version=prompts.VERSION) | ~Q(Exists(newer.exclude(source_hash="")))


def _steps(kind: Kind) -> QuerySet[Any]:
    model: Any = MODELS[kind].revisions.rel.related_model
    steps: QuerySet[Any] = model.objects.filter(summary=OuterRef("pk"))
    return steps


def _approvals(kind: Kind) -> QuerySet[Any]:
    return _steps(kind).filter(action=Revision.Action.APPROVE)


def _risk(kind: Kind) -> Combinable:
    unsettled = Q(state=State.STALE) | (Q(state=State.AUTO) & Q(Exists(_approvals(kind))))
    refused = Func(F("checks__fired"), function="jsonb_array_length", output_field=IntegerField())
    total: Combinable = Value(1) + Least(_or_zero(refused), Value(MOST_REFUSED_RISK))
    for name, risk in CLASS_RISK.items():
        total = total + _when(Q(checks__coverage__has_key=name), risk)
    return total + _when(Q(medicine__etc_otc__contains="전문"), PRESCRIPTION_RISK) + _when(unsettled, UNSETTLED_RISK)


def _or_zero(count: Expression) -> Case:
    return Case(When(checks__has_key="fired", then=count), default=Value(0), output_field=IntegerField())


def _when(condition: Q, risk: int) -> Case:
    return Case(When(condition, then=Value(risk)), default=Value(0), output_field=FloatField())
