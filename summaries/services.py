"""Writes: claims the making of a text, makes it, stores it. A conditional UPDATE decides who does the work."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from core import breaker
from core.cache import tiers
from core.errors import VendorError
from medicines.selectors.label_text import LabelText, label_text, source_hashes
from medicines.services import backfill
from medicines.services.summary import set_summary
from summaries import client, generation, prompts, selectors
from summaries.compose import Sentence, Source, sections
from summaries.generation import Generated
from summaries.models import CustomSummary, GeneratedText, Summary

logger = logging.getLogger(__name__)
Kind = Literal["summary", "custom"]
MODELS: Mapping[Kind, type[Summary] | type[CustomSummary]] = {"summary": Summary, "custom": CustomSummary}
Rows = QuerySet[Any]
Work, State = GeneratedText.Work, GeneratedText.State

# How long a sent task may wait for a worker, and how long a worker may take, before another may take over.
QUEUE_LEASE = timedelta(seconds=90)
WORK_LEASE = timedelta(seconds=150)
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
    """Whether asking a model makes sense now: configured, and its breaker not open."""
    return client.is_configured() and breaker.state(client.VENDOR) != "open"


def is_due(*, label: LabelText, keyword: str) -> bool:
    """Whether `claim` would take it on, as far as one can tell by looking."""
    rows = _rows(label, keyword)
    return not rows.exists() or rows.filter(selectors.claimable(label.source_hash, timezone.now())).exists()


def claim(*, label: LabelText, keyword: str) -> tuple[Kind, int] | None:
    """Take on the making of a text for this label; None when another has it, or it is done or not due.

    The caller sends the task, and calls `release` when it could not.
    """
    rows = _rows(label, keyword)
    if not _take(rows, label.source_hash):
        _create(label, keyword)
        if not _take(rows, label.source_hash):
            return None
    return _kind(keyword), rows.values_list("pk", flat=True).get()


def _kind(keyword: str) -> Kind:
    return "custom" if keyword else "summary"


def _rows(label: LabelText, keyword: str) -> Rows:
    rows: Rows = MODELS[_kind(keyword)].objects.filter(medicine_id=label.medicine_id, prompt_version=prompts.VERSION)
    return rows.filter(search_keyword=keyword) if keyword else rows


def _take(rows: Rows, source_hash: str) -> bool:
    """One conditional UPDATE: of many who try, the row count names one."""
    now = timezone.now()
    again = When(wanted_hash=source_hash, then=F("attempts"))
    taken = rows.filter(selectors.claimable(source_hash, now)).update(
        work=Work.QUEUED,
        attempts=Case(again, default=Value(0)),
        wanted_hash=source_hash,
        lease_until=now + QUEUE_LEASE,
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


def generate(*, kind: Kind, pk: int) -> str:
    """Make one text that was claimed, once: "done", "failed", or "skipped" (another has it, or it is not wanted)."""
    row = _begin(kind, pk)
    if row is None:
        return "skipped"
    keyword = row.search_keyword if isinstance(row, CustomSummary) else ""
    label = label_text(item_seq=row.item_seq)
    if label is None or not label.sections:
        return _fail(row, "no_label")
    source = selectors.source_of(label, keyword)
    try:
        made = generation.generate(source, names=selectors.names_of(label))
    except VendorError as error:
        return _fail(row, error.reason or error.outcome)
    return _store(row, label, source, made, keyword)


def generate_now(*, item_seq: str) -> str:
    """Claim and make the summary of one medicine in this process: "done", "failed", or "skipped" (nothing to do)."""
    label = label_text(item_seq=item_seq)
    claimed = claim(label=label, keyword="") if label and label.sections else None
    return generate(kind=claimed[0], pk=claimed[1]) if claimed else "skipped"


def _begin(kind: Kind, pk: int) -> Summary | CustomSummary | None:
    """Queued rows, and running ones whose worker is gone."""
    now = timezone.now()
    free = Q(work=Work.QUEUED) | Q(work=Work.RUNNING, lease_until__lt=now)
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


def _store(row: Summary | CustomSummary, label: LabelText, source: Source, made: Generated, keyword: str) -> str:
    """Keep the text, unless another worker has taken over since. A text that omits what must be kept is rejected."""
    values = {
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
    }
    if keyword:
        values["custom_summary"] = _plain_text(source, made)
    held = type(row).objects.filter(pk=row.pk, work=Work.RUNNING, attempts=row.attempts)
    if not held.update(**values):
        return "skipped"
    published(label=label, source=source, made=made, keyword=keyword)
    return "done"


def _plain_text(source: Source, made: Generated) -> str:
    shown = sections(source, made.written)
    return "\n".join(sentence["text"] for section in shown for sentence in section["sentences"])


def published(*, label: LabelText, source: Source, made: Generated, keyword: str) -> None:
    """Drop the cached answer everywhere, and give the card its line: the first effect that passed, else the label's."""
    transaction.on_commit(lambda: tiers().delete_many([selectors.cache_key(label.item_seq, keyword)]))
    if keyword or made.checks["omitted"]:
        return
    shown = sections(source, made.written)
    effects: list[Sentence] = next((s["sentences"] for s in shown if s["name"] == "effect"), [])
    if effects:
        by_model = any(w["section"] == "effect" and w["text"] == effects[0]["text"] for w in made.written)
        set_summary(
            item_seq=label.item_seq,
            source_hash=label.source_hash,
            text=effects[0]["text"],
            kind="ai" if by_model else "extractive",
        )


def sweep() -> list[tuple[Kind, int]]:
    """Mark texts whose label changed, and claim what was lost or is due again, so that its task can be sent."""
    mark_stale()
    return [(kind, pk) for kind in MODELS for pk in _due(kind)] if can_generate() else []


def mark_stale() -> int:
    """Set the state of texts whose label has another hash by now. Rows changed."""
    changed = 0
    for model in MODELS.values():
        rows = (
            model.objects.filter(work=Work.DONE).exclude(state=State.STALE).values_list("pk", "item_seq", "source_hash")
        )
        held = list(rows.iterator(chunk_size=2_000))
        hashes = source_hashes(item_seqs={item_seq for _, item_seq, _ in held})
        stale = [pk for pk, item_seq, held_hash in held if hashes.get(item_seq, held_hash) != held_hash]
        changed += model.objects.filter(pk__in=stale).update(state=State.STALE, work=Work.QUEUED, lease_until=None)
    return changed


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
