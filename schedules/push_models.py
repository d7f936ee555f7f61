"""Whom to remind and how: settings, phones, carers, the calendar's address, and every message to Expo."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class ReminderSettings(models.Model):
    """How a person wants to be reminded; no row: the defaults. Quiet hours are local, both or neither."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    enabled = models.BooleanField(default=True)
    quiet_from = models.CharField(max_length=5, default="", blank=True)
    quiet_to = models.CharField(max_length=5, default="", blank=True)
    second_after_minutes = models.PositiveSmallIntegerField(null=True)
    show_medicine_name = models.BooleanField(default=False)

    class Meta:
        db_table = "schedule_reminder_settings"

    def __str__(self) -> str:
        return str(self.user_id)


class Device(models.Model):
    """A phone's Expo push token. `gone_at`: Expo said that nobody has it any more."""

    id = models.UUIDField("기기 번호", primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name="주인")
    token = models.CharField("토큰", max_length=200, unique=True)
    platform = models.CharField("기종", max_length=10, default="", blank=True)
    name = models.CharField("이름", max_length=60, default="", blank=True)
    created_at = models.DateTimeField("등록한 때")
    gone_at = models.DateTimeField("사라진 때", null=True)

    class Meta:
        db_table = "schedule_device"
        verbose_name = verbose_name_plural = "기기"
        indexes = [models.Index(fields=["user"], condition=Q(gone_at=None), name="idx_device_user")]

    def __str__(self) -> str:
        return str(self.id)


class Carer(models.Model):
    """A person invited to be told of missed doses of chosen plans. The invitation's code is kept as a digest only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    carer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    label = models.CharField(max_length=20)
    plans = models.ManyToManyField("schedules.Plan", related_name="carers", db_table="schedule_carer_plan")
    after_minutes = models.PositiveSmallIntegerField(default=60)
    show_medicine_name = models.BooleanField(default=False)
    code_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedule_carer"
        indexes = [
            models.Index(fields=["patient"], condition=Q(revoked_at=None), name="idx_carer_patient"),
            models.Index(fields=["carer"], condition=Q(revoked_at=None), name="idx_carer_carer"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CalendarLink(models.Model):
    """A person's calendar address; its token is kept as a digest only."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    show_medicine_name = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "schedule_calendar_link"

    def __str__(self) -> str:
        return str(self.user_id)


class PushMessage(models.Model):
    """One reminder to one device, from its claim to Expo's receipt.

    queued → claimed (leased) → sending (on the wire) → sent → delivered. A lease that runs out in `claimed` was never
    sent; in `sending` it may have been: it goes again, and `unsure` counts that.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "첫 알림"
        SECOND = "second", "다시 알림"
        CARER = "carer", "보호자 알림"
        STOCK = "stock", "남은 약 알림"

    class State(models.TextChoices):
        QUEUED = "queued", "기다림"
        CLAIMED = "claimed", "맡음"
        SENDING = "sending", "보내는 중"
        SENT = "sent", "보냄"
        DELIVERED = "delivered", "받음"
        DROPPED = "dropped", "늦어서 버림"  # too late to be of use
        CANCELLED = "cancelled", "취소"  # taken, skipped or deleted meanwhile
        FAILED = "failed", "실패"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name="받는 사람"
    )
    schedule = models.ForeignKey(
        "schedules.Schedule", on_delete=models.CASCADE, null=True, related_name="messages", verbose_name="복용"
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="messages", verbose_name="기기")
    kind = models.CharField("갈래", max_length=6, choices=Kind.choices)
    title = models.CharField("제목", max_length=60)
    body = models.CharField("글", max_length=300)
    due_at = models.DateTimeField("보낼 때")
    drop_at = models.DateTimeField("버릴 때")
    state = models.CharField("상태", max_length=9, choices=State.choices, default=State.QUEUED)
    lease = models.UUIDField("맡은 번호", null=True)
    lease_until = models.DateTimeField("맡은 동안", null=True)
    attempts = models.PositiveSmallIntegerField("시도", default=0)
    unsure = models.PositiveSmallIntegerField("알 수 없음", default=0)
    ticket = models.CharField("접수표", max_length=60, default="", blank=True)
    sent_at = models.DateTimeField("보낸 때", null=True)
    error = models.CharField("오류", max_length=60, default="", blank=True)

    class Meta:
        db_table = "schedule_push"
        verbose_name = verbose_name_plural = "알림"
        constraints = [
            # A dose is told to a device once for each reason, whoever asks.
            models.UniqueConstraint(fields=["schedule", "device", "kind"], name="uniq_schedule_push"),
        ]
        indexes = [
            # the next to send
            models.Index(fields=["due_at", "id"], condition=Q(state="queued"), name="idx_push_queued"),
            # leases that ran out
            models.Index(fields=["lease_until"], condition=Q(state__in=["claimed", "sending"]), name="idx_push_leased"),
            # receipts to ask for
            models.Index(fields=["sent_at"], condition=Q(state="sent"), name="idx_push_receipt"),
            # the purge
            models.Index(fields=["due_at"], name="idx_push_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
