"""Plans, the intakes they produce, and whom to remind. Others name the user only as `settings.AUTH_USER_MODEL`."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from schedules.push_models import CalendarLink, Carer, Device, PushMessage, ReminderSettings

__all__ = [
    "CalendarLink", "Carer", "Device", "Plan", "PlanVersion", "PushMessage", "ReminderSettings", "Schedule",
    "ScheduleClock", "Tag",
]  # fmt: skip


class Tag(models.Model):
    """A department or a word of the user's own; `user` null: seeded, for everybody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=20)

    class Meta:
        db_table = "schedule_tag"
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="uniq_schedule_tag", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """What a person takes and when; the when and what are in its versions. `version` is the number of the current one.

    `stock_check_at`: when the stock is looked at next; `stock_warned_at`: since then there was no refill.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)
    tags = models.ManyToManyField(Tag, related_name="plans", db_table="schedule_plan_tag")
    stock = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    stock_warn_days = models.PositiveSmallIntegerField(null=True)
    stock_warn_time = models.CharField(max_length=5, default="09:00")
    stock_check_at = models.DateTimeField(null=True)
    stock_warned_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedule_plan"
        indexes = [
            # a person's plans, oldest first
            models.Index(fields=["user", "created_at"], condition=Q(deleted_at=None), name="idx_plan_user"),
            # the task that warns of stock running out
            models.Index(
                fields=["stock_check_at"], condition=Q(stock_check_at__isnull=False), name="idx_plan_stock_due"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class PlanVersion(models.Model):
    """What a plan said from `valid_from` until `valid_until`: rows are added, never changed but for their end.

    `rule`: schedules.rules; `time_zone` "" follows the person. `per_day`: its doses on its fullest day.
    `ingredients`: [{"name", "mg", "max_mg"}], the person's own figures for one unit of the dose.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    item_seq = models.CharField(max_length=20, default="", blank=True)
    medicine_name = models.CharField(max_length=200)
    dose_amount = models.DecimalField(max_digits=8, decimal_places=3, default=1)
    dose_unit = models.CharField(max_length=10, default="정")
    notes = models.TextField(default="", blank=True)
    time_zone = models.CharField(max_length=64, default="", blank=True)
    rule = models.JSONField(encoder=DjangoJSONEncoder)
    ingredients = models.JSONField(default=list)
    per_day = models.PositiveSmallIntegerField(default=1)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedule_plan_version"
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="uniq_plan_version")]

    def __str__(self) -> str:
        return f"{self.plan_id} v{self.number}"


class Schedule(models.Model):
    """One intake: planned by a plan (`slot` says which of its doses), or written down by hand (`slot` "").

    The medicine and dose are those it was due under. `changed_seq` counts the user's changes
    (schedules.services.clock); a row with `deleted_at` is the tombstone that tells phones to forget it. `remind_at`:
    when there is something to send.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, null=True, related_name="intakes")
    plan_version = models.PositiveIntegerField(default=0)
    slot = models.CharField(max_length=40, default="", blank=True)
    scheduled_time = models.DateTimeField()
    completed = models.BooleanField(default=False)
    completed_at = models.DateTimeField(null=True)
    skipped_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    item_seq = models.CharField(max_length=20, default="", blank=True)
    medicine_name = models.CharField(max_length=200)
    dose_amount = models.DecimalField(max_digits=8, decimal_places=3, default=1)
    dose_unit = models.CharField(max_length=10, default="정")
    notes = models.TextField(default="", blank=True)
    changed_seq = models.BigIntegerField()
    deleted_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedule"
        constraints = [
            models.CheckConstraint(
                condition=Q(completed=True, completed_at__isnull=False, skipped_at=None)
                | Q(completed=False, completed_at=None),
                name="schedule_completed_once",
            ),
        ]
        indexes = [
            # the feed, today, adherence: a person's intakes between two instants
            models.Index(fields=["user", "scheduled_time"], name="idx_schedule_user_time"),
            # the feed's delta
            models.Index(fields=["user", "changed_seq"], name="idx_schedule_user_changed"),
            # an edit: what is planned ahead; the last doses taken
            models.Index(fields=["plan", "scheduled_time"], name="idx_schedule_plan_time"),
            # the reminder tasks
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="idx_schedule_remind"),
            # the purge of tombstones
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="idx_schedule_deleted"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.scheduled_time:%Y-%m-%d %H:%M}"


class ScheduleClock(models.Model):
    """One person's count of changes. Every write to their intakes holds this row until it commits, so that a change
    numbered n is never seen before one numbered lower. `purged_seq`: tombstones up to it are gone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    seq = models.BigIntegerField(default=0)
    purged_seq = models.BigIntegerField(default=0)
    prefs_version = models.PositiveIntegerField(default=0)
    filled_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedule_clock"
        indexes = [
            # the task that keeps 30 days filled
            models.Index(fields=["filled_until"], name="idx_schedule_clock_filled"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.seq}"
