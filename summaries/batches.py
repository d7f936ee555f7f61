"""Batches of summaries at half the price: planned, submitted, collected. Called by tasks and commands of this app.

The rows are the truth. A summary in a batch is claimed (work BATCHED), so nobody else asks for it; whatever the batch
does not bring is given back to the sweep, which has it made directly. Every step may die anywhere and run again: what
was left at the vendor is found by the batch's key, and a line is used once, in one transaction with its ledger row.
"""

import logging
import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from core.errors import VendorError
from medicines.selectors.label_text import LabelText, easy_labelled, label_text, most_popular
from summaries import batch_client, ledger, prompts, selectors, services
from summaries.client import Call, most_usage, request_body
from summaries.ledger_models import BatchLine, SummaryBatch
from summaries.models import Summary

logger = logging.getLogger(__name__)
State, LineState = SummaryBatch.State, BatchLine.State

# So many lines are read, prepared and stored well within a task's two minutes.
LINES = 500
# A step that takes longer than this stops; the next one goes on.
STEP_SECONDS = 80.0
LEASE = timedelta(seconds=150)
# The vendor promises a day. What is not over then is cancelled, and an hour later given up.
MAX_AGE = timedelta(hours=25)
LAST_WAIT = timedelta(hours=1)
MAX_ATTEMPTS = 5
FILES_KEPT = timedelta(days=7)
LINES_KEPT = timedelta(days=30)


def plan_night() -> SummaryBatch | None:
    """The next batch of a night: the most searched first, then e약은요 labels that never had a text.

    The latter as far as half of the month's budget stays for those who wait. None: the night's work is planned.
    """
    if not settings.SUMMARIES_PER_NIGHT:
        return None
    popular = plan(item_seqs=most_popular(limit=settings.SUMMARIES_PER_NIGHT))
    return popular or plan(item_seqs=never_made(), kept_micros=ledger.budget_micros() // 2)


def never_made() -> list[str]:
    """item_seqs with an e약은요 label and no text under the present prompt, made or begun; the most searched first."""
    begun = set(Summary.objects.filter(prompt_version=prompts.VERSION).values_list("item_seq", flat=True))
    return [item_seq for item_seq in easy_labelled() if item_seq not in begun]


def plan(*, item_seqs: Iterable[str], kept_micros: int = 0) -> SummaryBatch | None:
    """Claim up to LINES summaries that are due for one batch, as far as the budget goes; None when none is due.

    `kept_micros` of the budget are left to others. All or nothing: claims, lines and the reservation are one
    transaction.
    """
    key, model = uuid.uuid4().hex, settings.OPENAI_MODELS[0]
    with transaction.atomic():
        _one_at_a_time()
        left = ledger.left_micros() - kept_micros
        batch = SummaryBatch.objects.create(key=key, model=model, prompt_version=prompts.VERSION)
        lines: list[BatchLine] = []
        for item_seq in item_seqs:
            label = label_text(item_seq=item_seq)
            cost = _most(label, model) if label and label.sections else 0
            if label is None or not cost:
                continue
            if batch.reserved_micros + cost > left or len(lines) == LINES:
                break
            if pk := services.claim_batched(label=label):
                lines.append(BatchLine(batch=batch, summary_id=pk, source_hash=label.source_hash))
                batch.reserved_micros += cost
        if not lines:
            batch.delete()
            return None
        BatchLine.objects.bulk_create(lines)
        batch.save(update_fields=["reserved_micros"])
    return batch


def _one_at_a_time() -> None:
    """Two plans at once would each take the same money for theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('summaries.batches.plan'))")


def _most(label: LabelText, model: str) -> int:
    request = request_body(model, prompts.SYSTEM, _listing(label))
    return ledger.cost_micros(model=model, usage=most_usage(request), batch=True)


def _listing(label: LabelText) -> str:
    return prompts.listing(selectors.source_of(label, "").sentences)


def open_batches() -> list[tuple[int, str]]:
    """(pk, state) of batches that want another step."""
    left = ~Q(files_left=[]) & Q(collected_at__gt=timezone.now() - FILES_KEPT)
    return list(SummaryBatch.objects.filter(Q(state__in=ledger.OPEN) | left).order_by("pk").values_list("pk", "state"))


def submit(*, pk: int) -> str:
    """Bring a planned batch to the vendor, once: its state afterwards, or "skipped" when another is at it.

    After MAX_ATTEMPTS failures its summaries are given back.
    """
    batch = _take(pk, State.PLANNED)
    if batch is None:
        return "skipped"
    try:
        _bring(batch)
    except VendorError as error:
        logger.warning("Batch not submitted: %s", error.reason or error.outcome)
        if batch.attempts >= MAX_ATTEMPTS:
            return _finish(batch, State.ABANDONED, "not_submitted")
    return _free(batch)


def _bring(batch: SummaryBatch) -> None:
    """Upload and create; at a second try, first look for what the one before may have left."""
    again = batch.attempts > 1
    if not batch.input_file:
        batch.input_file = (again and batch_client.find_file(key=batch.key)) or _upload(batch)
        if not batch.input_file:
            _finish(batch, State.ABANDONED, "nothing_due")
            return
        _keep(batch, input_file=batch.input_file, files_left=[batch.input_file])
    found = batch_client.find_batch(key=batch.key) if again else None
    remote = found or batch_client.create(key=batch.key, input_file=batch.input_file)
    _keep(batch, remote_id=remote.id, remote_status=remote.status, state=State.SUBMITTED, submitted_at=timezone.now())


def _upload(batch: SummaryBatch) -> str:
    """The file's id; "" when no label is as it was when the batch was planned."""
    lines = []
    for line in _waiting(batch):
        label = label_text(item_seq=line.summary.item_seq)
        if label is None or label.source_hash != line.source_hash:
            _give_back([line])
            continue
        lines.append(batch_client.line(custom_id=str(line.pk), model=batch.model, listing=_listing(label)))
    return batch_client.upload(key=batch.key, lines=lines) if lines else ""


def collect(*, pk: int) -> str:
    """Look after a submitted batch: its state afterwards, or "skipped". Answers pass the gate as direct ones do."""
    batch = _take(pk, State.SUBMITTED)
    if batch is None:
        return "skipped"
    try:
        _advance(batch)
    except VendorError as error:
        logger.warning("Batch not collected: %s", error.reason or error.outcome)
        if _age(batch) > MAX_AGE + LAST_WAIT:
            return _finish(batch, State.ABANDONED, error.outcome)
    return _free(batch)


def _advance(batch: SummaryBatch) -> None:
    remote = batch_client.retrieve(remote_id=batch.remote_id)
    if remote is None:
        _finish(batch, State.ABANDONED, "lost")
        return
    files = [file for file in (batch.input_file, remote.output_file, remote.error_file) if file]
    _keep(batch, remote_status=remote.status, output_file=remote.output_file, error_file=remote.error_file)
    _keep(batch, files_left=files)
    if remote.over:
        if _read(batch):
            _finish(batch, State.ABANDONED if remote.status == "failed" else State.COLLECTED, remote.reason)
    elif _age(batch) > MAX_AGE + LAST_WAIT:
        _finish(batch, State.ABANDONED, "too_old")
    elif _age(batch) > MAX_AGE and remote.status != "cancelling":
        batch_client.cancel(remote_id=batch.remote_id)


def _read(batch: SummaryBatch) -> bool:
    """Use every line that waits for an answer; False when the time was too short for all of them."""
    ends = time.monotonic() + STEP_SECONDS
    waiting = {str(line.pk): line for line in _waiting(batch)}
    for file in filter(None, (batch.output_file, batch.error_file)):
        for result in batch_client.results(file=file):
            # Strangers and repetitions find no line.
            line = waiting.pop(result.custom_id, None)
            if line is None:
                continue
            if time.monotonic() > ends:
                return False
            _use(batch, line, result)
    return True


@transaction.atomic
def _use(batch: SummaryBatch, line: BatchLine, result: batch_client.Result) -> None:
    """One answer: the ledger, the summary and the line together, or none of them."""
    if not result.outcome:
        return
    if not BatchLine.objects.filter(pk=line.pk, state=LineState.WAITING).update(state=LineState.DONE):
        return
    call = Call(batch.model, result.outcome, result.usage)
    ledger.record(call=call, purpose=ledger.Purpose.BATCH, item_seq=line.summary.item_seq)
    if _stored(batch, line, result) != "done":
        BatchLine.objects.filter(pk=line.pk).update(state=LineState.FAILED)


def _stored(batch: SummaryBatch, line: BatchLine, result: batch_client.Result) -> str:
    label = label_text(item_seq=line.summary.item_seq)
    changed = label is None or label.source_hash != line.source_hash or batch.prompt_version != prompts.VERSION
    if result.answer is None or changed or label is None:
        return services.fail_batched(pk=line.summary_id, reason=result.reason or "label_changed")
    return services.store_batched(pk=line.summary_id, label=label, answer=result.answer)


def _finish(batch: SummaryBatch, state: SummaryBatch.State, error: str) -> str:
    """Over: what the batch did not bring is made directly, the reservation ends, the files go."""
    with transaction.atomic():
        _give_back(_waiting(batch))
        _keep(batch, state=state, error=error[:200], collected_at=timezone.now(), reserved_micros=0)
    if state == State.ABANDONED:
        logger.warning("Batch abandoned: %s", error)
    _clean(batch)
    return str(batch.state)


def _give_back(lines: Sequence[BatchLine]) -> None:
    BatchLine.objects.filter(pk__in=[line.pk for line in lines]).update(state=LineState.DIRECT)
    services.release_batched(pks=[line.summary_id for line in lines])


def clean(*, pk: int) -> None:
    """Delete files of a finished batch that are still at the vendor."""
    _clean(SummaryBatch.objects.get(pk=pk))


def _clean(batch: SummaryBatch) -> None:
    """Each file by itself; what fails is tried again (`open_batches`), for a week."""
    for file in list(batch.files_left):
        try:
            batch_client.delete_file(file=file)
        except VendorError as error:
            logger.warning("File of a batch not deleted: %s", error.reason or error.outcome)
        else:
            _keep(batch, files_left=[left for left in batch.files_left if left != file])


def purge() -> int:
    """Delete batches that were over a month ago, with their lines. How many batches."""
    old = SummaryBatch.objects.filter(collected_at__lt=timezone.now() - LINES_KEPT)
    count = old.count()
    old.delete()
    return count


def _take(pk: int, state: SummaryBatch.State) -> SummaryBatch | None:
    """One conditional UPDATE decides who takes the step."""
    now = timezone.now()
    rows = SummaryBatch.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now), pk=pk, state=state)
    counted = {"attempts": F("attempts") + 1} if state == State.PLANNED else {}
    return SummaryBatch.objects.get(pk=pk) if rows.update(lease_until=now + LEASE, **counted) else None


def _free(batch: SummaryBatch) -> str:
    _keep(batch, lease_until=None)
    return str(batch.state)


def _keep(batch: SummaryBatch, **values: object) -> None:
    SummaryBatch.objects.filter(pk=batch.pk).update(**values)
    for name, value in values.items():
        setattr(batch, name, value)


def _waiting(batch: SummaryBatch) -> list[BatchLine]:
    return list(batch.lines.filter(state=LineState.WAITING).select_related("summary").order_by("pk"))


def _age(batch: SummaryBatch) -> timedelta:
    return timezone.now() - (batch.submitted_at or batch.created_at)
