"""The row that every mirror keeps of one pass over its source: what it read, what it refused, where it goes on."""

from django.db import models


class MirrorRun(models.Model):
    """One pass, page by page; a run that was cut off goes on at `next_page`."""

    class State(models.TextChoices):
        RUNNING = "running", "하는 중"
        COMPLETE = "complete", "끝남"
        INCOMPLETE = "incomplete", "덜 끝남"
        FAILED = "failed", "실패"

    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.RUNNING)
    next_page = models.IntegerField("다음 쪽", default=1)
    total_count = models.IntegerField("전체 수", default=0)
    rows_read = models.IntegerField("읽은 줄", default=0)
    rows_changed = models.IntegerField("바뀐 줄", default=0)
    rows_refused = models.IntegerField("거른 줄", default=0)
    rows_vanished = models.IntegerField("사라진 줄", default=0)
    refusals = models.JSONField("거른 까닭", default=list)
    failed_pages = models.JSONField("실패한 쪽", default=list)
    note = models.TextField("메모", default="")
    started_at = models.DateTimeField("시작한 때", auto_now_add=True)
    finished_at = models.DateTimeField("끝난 때", null=True)

    class Meta:
        abstract = True
