"""Labels from the permit detail: of one product that somebody opened, and nightly of the popular ones without text.

`label_outcome` remembers how the last attempt ended. That a product has no label (or an unreadable one) is remembered
for a month; that the source did not answer, until the next request (selectors.detail says when).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from core import datagokr_budget
from core.errors import BreakerOpen, VendorError, VendorRefused
from core.locks import lease
from medicines import client
from medicines.models import Medicine
from medicines.records import Record, Refusal
from medicines.selectors import tiers
from medicines.selectors.detail import ABSENT, LABEL_ABSENT
from medicines.services import catalogue

Outcome = Medicine.LabelOutcome

RETRY = timedelta(hours=6)
# Calls left to the labels that people open in the meantime.
KEPT_CALLS = 500
CHUNK_SECONDS = 60.0
_LEASE_SECONDS = 60.0
_FAILED_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class LabelFetch:
    """How one attempt ended: an outcome of Medicine.LabelOutcome, "unknown" (no such medicine) or "busy" (another
    caller is fetching it). `error` is the vendor's failure behind "source_down".
    """

    outcome: str
    error: VendorError | None = None


@dataclass(frozen=True, slots=True)
class Backfilled:
    """A stretch of the backfill: attempts by outcome, and whether there is more to do now."""

    outcomes: dict[str, int]
    more: bool


def fetch_label(*, item_seq: str, holder: str = "") -> LabelFetch:
    """Fetch one product's permit label (up to 30 s), store it and note how it ended. Raises nothing of the vendor's.

    `holder`: the task that asks; delivered again, it takes up what its lost process had begun.
    """
    if not Medicine.objects.filter(item_seq=item_seq).exists():
        return LabelFetch("unknown")
    with lease(f"label:{item_seq}", seconds=_LEASE_SECONDS, holder=holder) as mine:
        return _fetch(item_seq) if mine else LabelFetch("busy")


def backfill(*, seconds: float = CHUNK_SECONDS) -> Backfilled:
    """Fetch labels of the most popular products without text for about `seconds`, one call at a time.

    Stops when the day's calls are nearly spent or the source fails three times in a row.
    """
    outcomes: dict[str, int] = {}
    failed, ends = 0, time.monotonic() + seconds
    tried = set[str]()
    # One that another caller has in hand stays due; this stretch leaves it to that one.
    while due := [item_seq for item_seq in due_labels(limit=20) if item_seq not in tried]:
        for item_seq in due:
            if time.monotonic() >= ends:
                return Backfilled(outcomes, more=True)
            if datagokr_budget.left(client.DETAIL.name) <= KEPT_CALLS:
                return Backfilled(outcomes, more=False)
            tried.add(item_seq)
            fetched = fetch_label(item_seq=item_seq)
            outcomes[fetched.outcome] = outcomes.get(fetched.outcome, 0) + 1
            failed = failed + 1 if fetched.outcome == Outcome.SOURCE_DOWN else 0
            if failed >= _FAILED_IN_A_ROW or isinstance(fetched.error, VendorRefused | BreakerOpen):
                return Backfilled(outcomes, more=False)
    return Backfilled(outcomes, more=False)


def due_labels(*, limit: int) -> Sequence[str]:
    """item_seqs of prescription products that people look for and that have no text, the most popular first."""
    now = timezone.now()
    again = Q(label_outcome__in=ABSENT, label_tried_at__lt=now - LABEL_ABSENT)
    again |= Q(label_outcome__in=(Outcome.UNTRIED, Outcome.SOURCE_DOWN), label_tried_at__lt=now - RETRY)
    due = Medicine.objects.filter(Q(label_tried_at=None) | again, popularity__gt=0, coverage="name_only")
    due = due.filter(etc_otc__startswith="전문").exclude(status=Medicine.Status.WITHDRAWN)
    return list(due.order_by("-popularity", "item_seq").values_list("item_seq", flat=True)[:limit])


def _fetch(item_seq: str) -> LabelFetch:
    try:
        said = client.permit_detail(item_seq)
    except VendorError as error:
        _note(item_seq, Outcome.SOURCE_DOWN)
        return LabelFetch(Outcome.SOURCE_DOWN, error)
    changed = catalogue.upsert_many(items=[said]) if isinstance(said, Record) else frozenset()
    outcome = _outcome(said)
    _note(item_seq, outcome)
    # Its own card alone: lists are made again within minutes, and labels come in too often to drop them all each time.
    tiers.invalidate_cards({item_seq, *changed})
    return LabelFetch(outcome)


def _outcome(said: Record | Refusal | None) -> Outcome:
    if isinstance(said, Refusal):
        return Outcome.REFUSED
    return Outcome.READY if said is not None and said.label is not None else Outcome.NONE


def _note(item_seq: str, outcome: Outcome) -> None:
    Medicine.objects.filter(item_seq=item_seq).update(label_outcome=outcome, label_tried_at=timezone.now())
