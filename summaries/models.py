"""What a model wrote about a label, what was checked, and who is at work on it. The label itself is in `medicines`."""

from collections.abc import Mapping
from typing import Literal

from django.conf import settings
from django.db import models
from django.db.models import Q

from summaries import ledger_models  # noqa: F401 - Django looks for models here
from summaries.risk import of_checks


class GeneratedText(models.Model):
    """One text by a model: the sentences that passed, the rules that fired, the tokens it took.

    The row is the truth about the work: whoever moves `work` to RUNNING by a conditional UPDATE holds it until
    `lease_until`. While it is made anew, the former sentences stay readable.
    """

    class State(models.TextChoices):
        AUTO = "auto", "자동"
        REVIEWED = "reviewed", "검토함"
        REJECTED = "rejected", "반려"
        STALE = "stale", "설명서 바뀜"

    class Work(models.TextChoices):
        """QUEUED: a task was or will be sent. RUNNING: a worker has it. BATCHED: it is in a batch at the vendor.

        FAILED: until `retry_at`. DEAD: given up.
        """

        QUEUED = "queued"
        RUNNING = "running"
        BATCHED = "batched"
        DONE = "done"
        FAILED = "failed"
        DEAD = "dead"

    medicine = models.ForeignKey(
        "medicines.Medicine", on_delete=models.CASCADE, related_name="+", verbose_name="의약품"
    )
    item_seq = models.CharField("품목기준코드", max_length=20)
    prompt_version = models.CharField("지시문 판", max_length=20)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.AUTO)
    work = models.CharField("작업", max_length=10, choices=Work.choices, default=Work.QUEUED)
    # The label that `sections` was made from; "" until the first text is there.
    source_hash = models.CharField("원문의 지문", max_length=64, default="")
    # The label that the work under way is for.
    wanted_hash = models.CharField("만들 원문의 지문", max_length=64, default="")
    model = models.CharField("모델", max_length=80, default="")
    # [{"section", "text", "source": [{"field", "index", "text"}]}]: in the order they are shown.
    sections = models.JSONField("글", default=list)
    # {"accepted", "rejected": {rule: count}, "fired": [{"rule", "text" …}], "coverage": {class: [copied, present]}}
    checks = models.JSONField("검사", default=dict)
    # Computed by the database from `checks` alone, for the curators' queue.
    own_risk = models.GeneratedField(
        verbose_name="글의 위험", expression=of_checks(), output_field=models.SmallIntegerField(), db_persist=True
    )
    tokens_in = models.IntegerField("읽은 토큰", default=0)
    tokens_cached = models.IntegerField("캐시 토큰", default=0)
    tokens_out = models.IntegerField("쓴 토큰", default=0)
    attempts = models.IntegerField("시도", default=0)
    error = models.CharField("오류", max_length=200, default="")
    lease_until = models.DateTimeField("맡은 동안", null=True)
    retry_at = models.DateTimeField("다시 할 때", null=True)
    generated_at = models.DateTimeField("만든 때", null=True)
    # Grows with every change of the text or its state, by people or workers: what an editor saw must still be so.
    version = models.IntegerField("판", default=0)
    created_at = models.DateTimeField("생긴 때", auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def keyword(self) -> str:
        """ "" for the summary of a whole label."""
        return ""


class Summary(GeneratedText):
    """The summary of one medicine under one version of the prompt."""

    class Meta:
        db_table = "summary"
        verbose_name = "요약"
        verbose_name_plural = "요약 검토"
        constraints = (
            models.UniqueConstraint(fields=["medicine", "prompt_version"], name="uniq_summary_medicine_prompt"),
        )
        indexes = (
            # sweep: work that was lost or may be tried again
            models.Index(fields=["work", "lease_until"], name="idx_summary_unfinished", condition=~Q(work="done")),
            # the curators' queue, which ranks all rows without reading their texts
            models.Index(
                fields=["medicine"],
                include=["id", "state", "prompt_version", "source_hash", "own_risk"],
                name="idx_summary_queue",
            ),
        )

    def __str__(self) -> str:
        return f"{self.item_seq} {self.prompt_version} {self.state}"


class CustomSummary(GeneratedText):
    """What a label says about one keyword; the text never serves another company's product of the same name."""

    medicine_name = models.TextField("제품명")
    search_keyword = models.CharField("낱말", max_length=30)
    # The same sentences as plain text, one a line.
    custom_summary = models.TextField("글", default="")

    class Meta:
        db_table = "custom_summary_cache"
        verbose_name = "낱말 요약"
        verbose_name_plural = "낱말 요약 검토"
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

    @property
    def keyword(self) -> str:
        return self.search_keyword


Kind = Literal["summary", "custom"]
MODELS: Mapping[Kind, type[Summary] | type[CustomSummary]] = {"summary": Summary, "custom": CustomSummary}


class Revision(models.Model):
    """One step in the life of a text: who did what, and the text before and after. Never changed, never deleted.

    `actor` is null when a worker's new text took the place of one that a person had approved or changed.
    """

    class Action(models.TextChoices):
        EDIT = "edit", "고침"
        APPROVE = "approve", "승인"
        REJECT = "reject", "반려"
        REGENERATE = "regenerate", "다시 만들기"
        REPLACE = "replace", "새 글로 바뀜"

    version = models.IntegerField(help_text="The text's version after this step.")
    action = models.CharField(max_length=10, choices=Action.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    state_before = models.CharField(max_length=10, choices=GeneratedText.State.choices)
    state_after = models.CharField(max_length=10, choices=GeneratedText.State.choices)
    source_hash = models.CharField(max_length=64, help_text="The label that the text before was made from.")
    # As Summary.sections.
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    reason = models.CharField(max_length=500, default="", blank=True)
    # [{"text", "rules"}]: sentences that the gate refuses and a person vouched for.
    confirmed = models.JSONField(default=list)

    class Meta:
        abstract = True


class SummaryRevision(Revision):
    summary = models.ForeignKey(Summary, on_delete=models.CASCADE, related_name="revisions")

    class Meta:
        db_table = "summary_revision"
        constraints = (models.UniqueConstraint(fields=["summary", "version"], name="uniq_summary_revision_version"),)

    def __str__(self) -> str:
        return f"{self.summary_id} v{self.version} {self.action}"


class CustomSummaryRevision(Revision):
    summary = models.ForeignKey(CustomSummary, on_delete=models.CASCADE, related_name="revisions")

    class Meta:
        db_table = "custom_summary_revision"
        constraints = (
            models.UniqueConstraint(fields=["summary", "version"], name="uniq_custom_summary_revision_version"),
        )

    def __str__(self) -> str:
        return f"{self.summary_id} v{self.version} {self.action}"


class HardWord(models.Model):
    """A word of the labels that people do not understand, and how it is said instead."""

    word = models.CharField("어려운 말", max_length=60, unique=True)
    easy = models.CharField("쉬운 말", max_length=120)
    enabled = models.BooleanField("사용", default=True)
    # What the data file said when it was last read: a row that nobody changed follows the file.
    seeded = models.CharField(max_length=120, default="", editable=False)
    note = models.CharField("메모", max_length=200, default="", blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="고친 사람",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    changed_at = models.DateTimeField("고친 때", auto_now=True)

    class Meta:
        db_table = "hard_word"
        verbose_name = "어려운 말"
        verbose_name_plural = "쉬운 말 사전"

    def __str__(self) -> str:
        return f"{self.word} → {self.easy}"
