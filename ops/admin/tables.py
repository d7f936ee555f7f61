"""The operators' tables: dead letters with a retry, the audit trail, idempotency keys, failed logins."""

from typing import Any

from axes.models import AccessAttempt
from celery import current_app
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from core.celery_task import enqueue
from ops.models import AuditEvent, DeadLetter, IdempotencyKey
from ops.services import claim_dead_letter, record_audit, release_dead_letter


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Shown, never written by hand: the sources and services say what stands there."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _Deletable(ReadOnlyAdmin):
    """What may be thrown away by who holds the permission."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


@admin.register(DeadLetter)
class DeadLetterAdmin(_Deletable):
    list_display = ("name", "error", "attempts", "failed_at", "resent_at")
    list_filter = ("name", ("resent_at", admin.EmptyFieldListFilter))
    search_fields = ("task_id__exact", "request_id__exact")
    actions = ("send_again",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Nobody edits a letter; who holds the permission to change one may send it again."""
        return admin.ModelAdmin.has_change_permission(self, request)

    @admin.action(description="다시 보내기", permissions=["send"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> None:
        sent = 0
        for letter in queryset:
            if not (claim_dead_letter(pk=letter.pk) and _sent(letter)):
                continue
            sent += 1
            record_audit(actor=str(request.user.pk), action="dead_letter.resend", target=letter.task_id)
        self.message_user(request, f"{sent}건을 다시 보냈습니다.", messages.SUCCESS)
        if left := len(queryset) - sent:
            told = f"{left}건은 보내지 못했습니다. 이미 보냈거나, 이 버전에 없는 작업이거나, 대기열이 받지 않았어요."
            self.message_user(request, told, messages.WARNING)


def _sent(letter: DeadLetter) -> bool:
    task = current_app.tasks.get(letter.name)
    try:
        sent = task is not None and enqueue(task, *letter.args, **letter.kwargs)
    except TypeError:
        # A release has changed what the task takes.
        sent = False
    if not sent:
        release_dead_letter(pk=letter.pk)
    return sent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target")
    list_filter = ("action", "at")
    search_fields = ("target__exact", "request_id__exact", "actor__exact")
    sortable_by = ("at",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(_Deletable):
    # Stored answers may be personal, so they are not shown.
    fields = ("key", "done", "status", "created_at", "locked_until")
    list_display = ("key", "done", "status", "created_at")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(_Deletable):
    """Failed logins of staff. Deleting one opens the door again; what was typed is not shown."""

    list_display = ("attempt_time", "username", "ip_address", "failures_since_start", "is_locked")
    fields = ("attempt_time", "username", "ip_address", "user_agent", "path_info", "failures_since_start", "is_locked")
    readonly_fields = ("attempt_time", "is_locked")
    list_filter = ("attempt_time",)
    search_fields = ("username__exact", "ip_address__exact")
    ordering = ("-attempt_time",)
    sortable_by = ()

    @admin.display(description="잠김", boolean=True)
    def is_locked(self, attempt: AccessAttempt) -> bool:
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)
