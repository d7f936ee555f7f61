"""The operators' tables: what was done by whom, tasks that failed for good, and answers kept for repeated requests."""

from typing import ClassVar

from django.db import models


class AuditEvent(models.Model):
    """Something that must be accountable: curation, erasure, an operator's intervention. Never edited."""

    at = models.DateTimeField("때", auto_now_add=True)
    actor = models.CharField("한 사람", max_length=64, help_text="A user's id, or the name of the task or command.")
    action = models.CharField("한 일", max_length=64)
    target = models.CharField("대상", max_length=128, blank=True, default="")
    details = models.JSONField("자세히", default=dict, blank=True)
    request_id = models.CharField("요청 번호", max_length=64, blank=True, default="")

    class Meta:
        db_table = "ops_audit_event"
        verbose_name = verbose_name_plural = "감사 기록"
        ordering: ClassVar[list[str]] = ["-at"]
        indexes: ClassVar[list[models.Index]] = [
            # The admin's list, newest first, and one target's history.
            models.Index(fields=["-at"], name="idx_audit_event_at"),
            models.Index(fields=["target", "-at"], name="idx_audit_event_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}".strip()


class DeadLetter(models.Model):
    """A task that failed after its last retry, kept with what is needed to send it again."""

    task_id = models.CharField("작업 번호", max_length=64, unique=True)
    name = models.CharField("작업", max_length=128)
    args = models.JSONField("인자", default=list)
    kwargs = models.JSONField("이름 있는 인자", default=dict)
    error = models.TextField("오류")
    attempts = models.PositiveIntegerField("시도")
    request_id = models.CharField("요청 번호", max_length=64, blank=True, default="")
    failed_at = models.DateTimeField("실패한 때", auto_now_add=True)
    resent_at = models.DateTimeField("다시 보낸 때", null=True, blank=True)

    class Meta:
        db_table = "dead_letter"
        verbose_name = verbose_name_plural = "실패한 작업"
        ordering: ClassVar[list[str]] = ["-failed_at"]
        indexes: ClassVar[list[models.Index]] = [
            # The admin's list of what still waits for a decision.
            models.Index(fields=["-failed_at"], name="idx_dead_letter_waiting", condition=models.Q(resent_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.task_id}"


class IdempotencyKey(models.Model):
    """A POST that a client may repeat: running until `locked_until`, or done with the answer that repeats get."""

    owner = models.CharField(
        "보낸 쪽의 지문", max_length=64, help_text="A keyed digest of the user, the install or the address."
    )
    key = models.CharField("열쇠", max_length=255)
    request_hash = models.CharField("요청의 지문", max_length=64)
    locked_until = models.DateTimeField("잠긴 동안")
    done = models.BooleanField("끝남", default=False)
    status = models.PositiveSmallIntegerField("응답 번호", null=True)
    headers = models.JSONField("응답 머리", default=dict)
    body = models.BinaryField("응답 글", default=bytes)
    created_at = models.DateTimeField("받은 때")

    class Meta:
        db_table = "idempotency_key"
        verbose_name = verbose_name_plural = "반복 요청의 열쇠"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "key"], name="uniq_idempotency_key"),
        ]
        # The nightly purge: what is older than a day.
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["created_at"], name="idx_idempotency_created")]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"


class _NoRows(models.Manager["models.Model"]):
    def get_queryset(self) -> models.QuerySet[models.Model]:
        return super().get_queryset().none()


class CircuitBreaker(models.Model):
    """No table: gives the page of the breakers its place in the admin and its permissions (`change`: reset)."""

    objects: ClassVar[_NoRows] = _NoRows()

    class Meta:
        managed = False
        default_permissions = ("view", "change")
        verbose_name = verbose_name_plural = "회로 차단기"

    def __str__(self) -> str:
        return "circuit breaker"


class CacheEntry(models.Model):
    """No table: gives the cache inspector its place in the admin and its permissions (`delete`: drop an entry)."""

    objects: ClassVar[_NoRows] = _NoRows()

    class Meta:
        managed = False
        default_permissions = ("view", "delete")
        verbose_name = verbose_name_plural = "캐시 들여다보기"

    def __str__(self) -> str:
        return "cache entry"


class TaskRun(models.Model):
    """No table: gives the page of the background tasks its place in the admin and its permission."""

    objects: ClassVar[_NoRows] = _NoRows()

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = "작업 실행"

    def __str__(self) -> str:
        return "task run"


class BeatEntry(models.Model):
    """No table: gives the page of beat's schedule its place in the admin and its permission."""

    objects: ClassVar[_NoRows] = _NoRows()

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = verbose_name_plural = "정기 작업 일정"

    def __str__(self) -> str:
        return "beat entry"
