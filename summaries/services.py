"""Writes: claims the making of a text, makes it, stores it. A conditional UPDATE decides who does the work."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from core import breaker, metrics
from core.errors import VendorError
from medicines.selectors.label_text import LabelText, label_text, source_hashes
from medicines.services import backfill
from medicines.services.summary import set_summary
from summaries import client, generation, ledger, prompts, publication, selectors
from summaries.completions import VENDOR, Answer
from summaries.compose import Source, sections
from summaries.generation import Generated
from summaries.models import MODELS, CustomSummary, GeneratedText, Kind, Summary

logger = logging.getLogger(__name__)
Rows = QuerySet[Any]
Work, State = GeneratedText.Work, GeneratedText.State
Purpose = ledger.Purpose

# How long a sent task may wait for a worker, and how long a worker may take, before another may take over.
QUEUE_LEASE = timedelta(seconds=90)
WORK_LEASE = timedelta(seconds=150)
# Longer than a batch may take (summaries.batches), so that this is only for batches that nobody tends.
BATCH_LEASE = timedelta(hours=30)
BUDGET_RETRY = timedelta(hours=1)
MAX_ATTEMPTS = 5
# What will not pass by itself soon is not asked again soon.
RETRY = timedelta(minutes=2)
RETRY_AFTER: Mapping[str, timedelta] = {
    "insufficient_quota": timedelta(hours=1),
    "invalid_key": timedelta(hours=1),
    "no_model": timedelta(hours=1),
    "bad_request": timedelta(hours=6),
    "refusal": timedelta(days=1),
    "rate_limit": timedelta(minutes=1),
}
SWEEP_LIMIT = 200


def can_generate() -> bool:
    """Whether asking a model makes sense now: configured, its breaker not open, and money left in the month."""
    return client.is_configured() and breaker.state(VENDOR) != "open" and ledger.has_budget()


def is_due(*, label: LabelText, keyword: str) -> bool:
    """Whether `claim` would take it on, as far as one can tell by looking."""
    if selectors.decided(medicine_id=label.medicine_id, keyword=keyword, source_hash=label.source_hash):
        return False
    rows = _rows(label, keyword)
    return not rows.exists() or rows.filter(selectors.claimable(label.source_hash, timezone.now())).exists()


def claim(*, label: LabelText, keyword: str) -> tuple[Kind, int] | None:
    """Take on the making of a text for this label; None when another has it, or it is done or not due.

    The caller sends the task, and calls `release` when it could not.
    """
    rows = _rows(label, keyword)
    if not _claimed(label, keyword, Work.QUEUED, QUEUE_LEASE):
        return None
    return _kind(keyword), rows.values_list("pk", flat=True).get()


def claim_batched(*, label: LabelText) -> int | None:
    """The summary's id when its making is now a batch's (readers get the label's words meanwhile); None as `claim`."""
    if not _claimed(label, "", Work.BATCHED, BATCH_LEASE):
        return None
    pk: int = _rows(label, "").values_list("pk", flat=True).get()
    return pk


def _claimed(label: LabelText, keyword: str, work: GeneratedText.Work, lease: timedelta) -> bool:
    if selectors.decided(medicine_id=label.medicine_id, keyword=keyword, source_hash=label.source_hash):
        return False
    rows = _rows(label, keyword)
    if _take(rows, label.source_hash, work, lease):
        return True
    _create(label, keyword)
    return _take(rows, label.source_hash, work, lease)


def _kind(keyword: str) -> Kind:
    return "custom" if keyword else "summary"


def _rows(label: LabelText, keyword: str) -> Rows:
    rows: Rows = MODELS[_kind(keyword)].objects.filter(medicine_id=label.medicine_id, prompt_version=prompts.VERSION)
    return rows.filter(search_keyword=keyword) if keyword else rows


def _take(rows: Rows, source_hash: str, work: GeneratedText.Work, lease: timedelta) -> bool:
    """One conditional UPDATE: of many who try, the row count names one."""
    now = timezone.now()
    again = When(wanted_hash=source_hash, then=F("attempts"))
    taken = rows.filter(selectors.claimable(source_hash, now)).update(
        work=work,
        attempts=Case(again, default=Value(0)),
        wanted_hash=source_hash,
        lease_until=now + lease,
    )
    return bool(taken)


def _create(label: LabelText, keyword: str) -> None:
    """The row, unless there is one."""
    held = {"medicine_id": label.medicine_id, "item_seq": label.item_seq, "prompt_version": prompts.VERSION}
    if keyword:
        row = CustomSummary(**held, medicine_name=label.item_name, search_keyword=keyword)
        CustomSummary.objects.bulk_create([row], ignore_conflicts=True)
    else:
        Summary.objects.bulk_create([Summary(**held)], ignore_conflicts=True)


def release(*, kind: Kind, pk: int) -> None:
    """Give up a claim whose task could not be sent: the sweep sends it."""
    MODELS[kind].objects.filter(pk=pk, work=Work.QUEUED).update(lease_until=timezone.now())


def generate(*, kind: Kind, pk: int, purpose: Purpose = Purpose.INTERACTIVE) -> str:
    """Make one text that was claimed, once: "done", "failed", or "skipped".

    Skipped: another has it, it is not wanted, or the month's budget is spent (then it is looked at again in an hour).
    """
    if not ledger.has_budget():
        _put_off(kind, pk)
        return "skipped"
    row = _begin(kind, pk)
    if row is None:
        return "skipped"
    if row.attempts > MAX_ATTEMPTS:
        return _fail(row, "given_up")  # whatever ended the workers before would end the next
    label = label_text(item_seq=row.item_seq)
    if label is None or not label.sections:
        return _fail(row, "no_label")
    source = selectors.source_of(label, row.keyword)
    on_call = ledger.recorder(purpose=purpose, item_seq=row.item_seq)
    try:
        made = generation.generate(source, on_call=on_call, names=selectors.names_of(label))
    except VendorError as error:
        return _fail(row, error.reason or error.outcome)
    return _store(row, label, source, made)


def generate_now(*, item_seq: str) -> str:
    """Claim and make the summary of one medicine in this process: "done", "failed", or "skipped" (nothing to do)."""
    label = label_text(item_seq=item_seq)
    claimed = claim(label=label, keyword="") if label and label.sections else None
    return generate(kind=claimed[0], pk=claimed[1], purpose=Purpose.NIGHTLY) if claimed else "skipped"


def store_batched(*, pk: int, label: LabelText, answer: Answer) -> str:
    """A batch's answer through the same gate as a direct one; "skipped" when its row is not the batch's any more."""
    row = _begin("summary", pk, free=Q(work=Work.BATCHED, wanted_hash=label.source_hash))
    if row is None:
        return "skipped"
    source = selectors.source_of(label, "")
    return _store(row, label, source, generation.gated(source, answer, names=selectors.names_of(label)))


def fail_batched(*, pk: int, reason: str) -> str:
    """A batch's line came to nothing: asked again directly, when its reason says."""
    row = _begin("summary", pk, free=Q(work=Work.BATCHED))
    return _fail(row, reason) if row else "skipped"


def release_batched(*, pks: Collection[int]) -> int:
    """Give rows of a batch back: the sweep has them made directly. How many."""
    rows = Summary.objects.filter(pk__in=pks, work=Work.BATCHED)
    return rows.update(work=Work.QUEUED, lease_until=None)


def _put_off(kind: Kind, pk: int) -> None:
    """Not an attempt: nothing was asked."""
    values = {"work": Work.FAILED, "error": "budget", "lease_until": None, "retry_at": timezone.now() + BUDGET_RETRY}
    MODELS[kind].objects.filter(pk=pk, work=Work.QUEUED).update(**values)


def _begin(kind: Kind, pk: int, *, free: Q | None = None) -> Summary | CustomSummary | None:
    """Queued rows, and running ones whose worker is gone; or those that are `free` in another sense."""
    now = timezone.now()
    free = free or Q(work=Work.QUEUED) | Q(work=Work.RUNNING, lease_until__lt=now)
    rows = MODELS[kind].objects.filter(free, pk=pk)
    if not rows.update(work=Work.RUNNING, lease_until=now + WORK_LEASE, attempts=F("attempts") + 1):
        return None
    return MODELS[kind].objects.get(pk=pk)


def _fail(row: Summary | CustomSummary, reason: str) -> str:
    """Note the failure; what readers see meanwhile is the extractive text."""
    dead = row.attempts >= MAX_ATTEMPTS or reason == "no_label"
    logger.warning("Summary not made: %s", reason)
    type(row).objects.filter(pk=row.pk, work=Work.RUNNING).update(
        work=Work.DEAD if dead else Work.FAILED,
        error=reason[:200],
        lease_until=None,
        retry_at=timezone.now() + RETRY_AFTER.get(reason, RETRY) * 2 ** (row.attempts - 1),
    )
    return "failed"


def _store(row: Summary | CustomSummary, label: LabelText, source: Source, made: Generated) -> str:
    """Keep the text, unless another worker has taken over since. A text that omits what must be kept is rejected."""
    values: dict[str, Any] = {
        "work": Work.DONE,
        "state": State.REJECTED if made.checks["omitted"] else State.AUTO,
        "source_hash": label.source_hash,
        "wanted_hash": label.source_hash,
        "model": made.answer.model[:80],
        "sections": made.written,
        "checks": made.checks,
        "tokens_in": made.answer.tokens_in,
        "tokens_cached": made.answer.tokens_cached,
        "tokens_out": made.answer.tokens_out,
        "error": "",
        "lease_until": None,
        "retry_at": None,
        "generated_at": timezone.now(),
        "version": F("version") + 1,
    }
    if row.keyword:
        values["custom_summary"] = plain_text(source, made.written)
    held = type(row).objects.filter(pk=row.pk, work=Work.RUNNING, attempts=row.attempts)
    with transaction.atomic():
        if not held.update(**values):
            return "skipped"
        publication.drop_answer(item_seq=label.item_seq, keyword=row.keyword)
        publication.note_replacement(before=row, after=made.written, state=values["state"])
        if not row.keyword:
            publication.show_on_card(label=label, source=source, written=made.written, state=values["state"])
    for rule, count in made.checks["rejected"].items():
        metrics.gate_refusals.labels(rule).inc(count)
    return "done"


def plain_text(source: Source, written: Sequence[Mapping[str, Any]]) -> str:
    """The text as readers see it, one sentence a line."""
    shown = sections(source, written)
    return "\n".join(sentence["text"] for section in shown for sentence in section["sentences"])


def sweep() -> list[tuple[Kind, int]]:
    """Mark texts whose label changed, and claim what was lost or is due again, so that its task can be sent."""
    mark_stale()
    return [(kind, pk) for kind in MODELS for pk in _due(kind)] if can_generate() else []


def mark_stale() -> int:
    """Set the state of texts whose label has another hash by now, and take their line off the card. Rows changed.

    What a person rejected stays rejected.
    """
    return sum(_mark_stale(model) for model in MODELS.values())


def _mark_stale(model: type[Summary] | type[CustomSummary]) -> int:
    current = model.objects.filter(work=Work.DONE).exclude(state__in=(State.STALE, State.REJECTED))
    held = list(current.values_list("pk", "item_seq", "source_hash").iterator(chunk_size=2_000))
    hashes = source_hashes(item_seqs={item_seq for _, item_seq, _ in held})
    stale = [row for row in held if hashes.get(row[1], row[2]) != row[2]]
    return sum(_outdate(current, pk, item_seq, old=old, new=hashes[item_seq]) for pk, item_seq, old in stale)


@transaction.atomic
def _outdate(current: Rows, pk: int, item_seq: str, *, old: str, new: str) -> int:
    """One text, unless it has been made or edited for the new label since it was listed; 1 when it was this one."""
    rows = current.filter(pk=pk, source_hash=old)
    if not rows.update(state=State.STALE, work=Work.QUEUED, lease_until=None, version=F("version") + 1):
        return 0
    if current.model is Summary and not current.filter(item_seq=item_seq, source_hash=new).exists():
        set_summary(item_seq=item_seq, source_hash=new, text="", kind="extractive")
    return 1


def _due(kind: Kind) -> list[int]:
    """Claim, one by one, rows that nobody works on: a task lost with its broker, a dead worker, a failure to repeat."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    waiting = Q(work__in=(Work.QUEUED, Work.RUNNING)) & free
    again = Q(work=Work.FAILED, retry_at__lte=now)
    rows = MODELS[kind].objects.filter(waiting | again, prompt_version=prompts.VERSION)
    candidates = rows.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT]
    lease = {"work": Work.QUEUED, "lease_until": now + QUEUE_LEASE}
    return [pk for pk in candidates if MODELS[kind].objects.filter(waiting | again, pk=pk).update(**lease)]


def fetch_label(*, item_seq: str) -> None:
    """Fetch the permit's label of a product that somebody wants summarised."""
    backfill.fetch_label(item_seq=item_seq)
