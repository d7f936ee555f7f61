"""The row that every mirror keeps of one pass over its source: what it read, what it refused, where it goes on."""

from django.db import models


class MirrorRun(models.Model):
    """One pass, page by page; a run that was cut off goes on at `next_page`."""

    class State(models.TextChoices):
        RUNNING = "running"
        COMPLETE = "complete"
        INCOMPLETE = "incomplete"
        FAILED = "failed"

    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    next_page = models.IntegerField(default=1)
    total_count = models.IntegerField(default=0)
    rows_read = models.IntegerField(default=0)
    rows_changed = models.IntegerField(default=0)
    rows_refused = models.IntegerField(default=0)
    rows_vanished = models.IntegerField(default=0)
    refusals = models.JSONField(default=list)
    failed_pages = models.JSONField(default=list)
    note = models.TextField(default="")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
