"""What a model wrote about a label, what was checked, and who is at work on it. The label itself is in `medicines`."""

from django.db import models
from django.db.models import Q


class GeneratedText(models.Model):
    """One text by a model: the sentences that passed, the rules that fired, the tokens it took.

    The row is the truth about the work: whoever moves `work` to RUNNING by a conditional UPDATE holds it until
    `lease_until`. While it is made anew, the former sentences stay readable.
    """

    class State(models.TextChoices):
        AUTO = "auto"
        REVIEWED = "reviewed"
        REJECTED = "rejected"
        STALE = "stale"

    class Work(models.TextChoices):
        """QUEUED: a task was or will be sent. RUNNING: a worker has it. FAILED: until `retry_at`. DEAD: given up."""

        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        DEAD = "dead"

    medicine = models.ForeignKey("medicines.Medicine", on_delete=models.CASCADE, related_name="+")
    item_seq = models.CharField(max_length=20)
    prompt_version = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=State.choices, default=State.AUTO)
    work = models.CharField(max_length=10, choices=Work.choices, default=Work.QUEUED)
    # The label that `sections` was made from; "" until the first text is there.
    source_hash = models.CharField(max_length=64, default="")
    # The label that the work under way is for.
    wanted_hash = models.CharField(max_length=64, default="")
    model = models.CharField(max_length=80, default="")
    # [{"section", "text", "source": [{"field", "index", "text"}]}]: in the order they are shown.
    sections = models.JSONField(default=list)
    # {"accepted", "rejected": {rule: count}, "fired": [{"rule", "text" …}], "coverage": {class: [copied, present]}}
    checks = models.JSONField(default=dict)
    tokens_in = models.IntegerField(default=0)
    tokens_cached = models.IntegerField(default=0)
    tokens_out = models.IntegerField(default=0)
    attempts = models.IntegerField(default=0)
    error = models.CharField(max_length=200, default="")
    lease_until = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    generated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Summary(GeneratedText):
    """The summary of one medicine under one version of the prompt."""

    class Meta:
        db_table = "summary"
        verbose_name_plural = "summaries"
        constraints = (
            models.UniqueConstraint(fields=["medicine", "prompt_version"], name="uniq_summary_medicine_prompt"),
        )
        indexes = (
            # sweep: work that was lost or may be tried again
            models.Index(fields=["work", "lease_until"], name="idx_summary_unfinished", condition=~Q(work="done")),
        )

    def __str__(self) -> str:
        return f"{self.item_seq} {self.prompt_version} {self.state}"


class CustomSummary(GeneratedText):
    """What a label says about one keyword; the text never serves another company's product of the same name."""

    medicine_name = models.TextField()
    search_keyword = models.CharField(max_length=30)
    # The same sentences as plain text, one a line.
    custom_summary = models.TextField(default="")

    class Meta:
        db_table = "custom_summary_cache"
        verbose_name_plural = "custom summaries"
        constraints = (
            models.UniqueConstraint(
                fields=["medicine", "search_keyword", "prompt_version"], name="uniq_custom_summary_keyword"
            ),
        )
        indexes = (
            # a name's custom summaries in the admin
            models.Index(fields=["medicine_name", "search_keyword"], name="idx_custom_summary_compound"),
            # sweep, as above
            models.Index(fields=["work", "lease_until"], name="idx_custom_unfinished", condition=~Q(work="done")),
        )

    def __str__(self) -> str:
        return f"{self.medicine_name} {self.prompt_version} {self.state}"
