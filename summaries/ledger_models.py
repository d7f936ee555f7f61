"""What the model cost, which calls caching saved, and the batches that are under way. Loaded by `summaries.models`."""

from django.db import models
from django.db.models import Q


class ModelCall(models.Model):
    """One call of the model, whatever came of it: never its text, never a keyword, never a reader.

    `cost_micros`: millionths of a US dollar by settings.OPENAI_PRICES on that day. Kept for 13 months
    (summaries.ledger.KEPT).
    """

    class Purpose(models.TextChoices):
        """INTERACTIVE: somebody waits. NIGHTLY: made ahead or anew, directly. BATCH: through the Batch endpoint."""

        INTERACTIVE = "interactive"
        NIGHTLY = "nightly"
        BATCH = "batch"

    at = models.DateTimeField()
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    item_seq = models.CharField(max_length=20)
    model = models.CharField(max_length=80)
    prompt_version = models.CharField(max_length=20)
    # "ok", or an outcome of core.errors: timeout, unreachable, bad_reply, refused.
    outcome = models.CharField(max_length=20)
    tokens_in = models.IntegerField(default=0)
    tokens_cached = models.IntegerField(default=0)
    tokens_out = models.IntegerField(default=0)
    cost_micros = models.BigIntegerField(default=0)
    # False: the model has no line in the price table, and the dearest was taken.
    price_known = models.BooleanField(default=True)
    # The vendor did not say how many tokens it took, and the most were taken.
    estimated = models.BooleanField(default=False)

    class Meta:
        db_table = "model_call"
        indexes = (
            # a month's report, and the purge
            models.Index(fields=["at"], name="idx_model_call_at"),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.purpose} {self.outcome}"


class ModelMonth(models.Model):
    """The sum of a month's calls, by which the budget is kept; `warned`: the highest threshold told so far."""

    month = models.CharField(max_length=7, primary_key=True, help_text="YYYY-MM in Asia/Seoul.")
    cost_micros = models.BigIntegerField(default=0)
    warned = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "model_month"

    def __str__(self) -> str:
        return self.month


class SummaryReads(models.Model):
    """How many summaries were read on a day, by what answered: memory, redis, db, or generated (a call was needed)."""

    day = models.DateField()
    tier = models.CharField(max_length=12)
    count = models.BigIntegerField(default=0)

    class Meta:
        db_table = "summary_reads"
        verbose_name_plural = "summary reads"
        constraints = (models.UniqueConstraint(fields=["day", "tier"], name="uniq_summary_reads"),)

    def __str__(self) -> str:
        return f"{self.day} {self.tier}"


class SummaryBatch(models.Model):
    """A file of requests at the vendor. This row is the truth; `key` finds what a dead worker left at the vendor."""

    class State(models.TextChoices):
        """PLANNED: lines are claimed. SUBMITTED: the vendor has it. COLLECTED, ABANDONED: over."""

        PLANNED = "planned"
        SUBMITTED = "submitted"
        COLLECTED = "collected"
        ABANDONED = "abandoned"

    # In the file's name and in the batch's metadata.
    key = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    model = models.CharField(max_length=80)
    prompt_version = models.CharField(max_length=20)
    remote_id = models.CharField(max_length=100, default="")
    remote_status = models.CharField(max_length=20, default="")
    input_file = models.CharField(max_length=100, default="")
    output_file = models.CharField(max_length=100, default="")
    error_file = models.CharField(max_length=100, default="")
    # Ids of files that are still at the vendor.
    files_left = models.JSONField(default=list)
    # What it may cost at most: counts against the month's budget until it is over.
    reserved_micros = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    error = models.CharField(max_length=200, default="")
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "summary_batch"
        verbose_name_plural = "summary batches"
        indexes = (
            # batches to tend, and what is reserved for them
            models.Index(fields=["created_at"], name="idx_batch_open", condition=Q(state__in=["planned", "submitted"])),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class BatchLine(models.Model):
    """One request of a batch: which summary it is for, and of which label."""

    class State(models.TextChoices):
        """WAITING: no answer so far. DONE: its answer was used. FAILED: its answer was of no use. DIRECT: sent anew."""

        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"
        DIRECT = "direct"

    batch = models.ForeignKey(SummaryBatch, on_delete=models.CASCADE, related_name="lines")
    summary = models.ForeignKey("summaries.Summary", on_delete=models.CASCADE, related_name="+")
    source_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)

    class Meta:
        db_table = "summary_batch_line"
        constraints = (
            models.UniqueConstraint(fields=["batch", "summary"], name="uniq_batch_line"),
            # One label's text is in one batch at a time.
            models.UniqueConstraint(
                fields=["summary", "source_hash"], name="uniq_batch_line_waiting", condition=Q(state="waiting")
            ),
        )

    def __str__(self) -> str:
        return f"{self.batch_id} {self.summary_id} {self.state}"
