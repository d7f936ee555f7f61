"""The curators' queue: which summaries to look at first, in one query."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from summaries import prompts
from summaries.models import MODELS, GeneratedText, Kind, Revision
from summaries.risk import when

State = GeneratedText.State

# What is added to a text's own risk (summaries.risk).
PRESCRIPTION_RISK = 2
# The label changed, or a new text took the place of one that a person had approved.
UNSETTLED_RISK = 3


def queue(kind: Kind = "summary") -> QuerySet[Any]:
    """Every present text, one a medicine (and keyword), with `risk`, `views` and `priority` = views × risk.

    views = 1 + Medicine.popularity, a logarithm of recent searches: with raw counts the first hundred names would hide
    every risk behind them. All rows are ranked to find the first ones: read a page `in_two_steps`.
    """
    known = ~Q(source_hash="") | Q(Exists(_steps(kind)))
    rows: QuerySet[Any] = MODELS[kind].objects.select_related("medicine")
    queued: QuerySet[Any] = rows.filter(known, _is_present(kind)).annotate(
        views=1 + F("medicine__popularity"),
        risk=_risk(kind),
        priority=(1 + F("medicine__popularity")) * _risk(kind),
    )
    return queued


def in_two_steps(page: QuerySet[Any], rows: QuerySet[Any]) -> list[Any]:
    """The rows of one page, a slice of `rows`: its ids by narrow indexes alone, then these rows whole."""
    return list(rows.filter(pk__in=list(page.values_list("pk", flat=True))))


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
    prescription = Q(medicine__etc_otc__contains="전문")
    return F("own_risk") + when(prescription, PRESCRIPTION_RISK) + when(unsettled, UNSETTLED_RISK)
