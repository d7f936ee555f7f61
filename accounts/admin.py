"""Staff accounts; what is personal stays out of the list."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import tasks
from accounts.models import ErasureReceipt, KakaoErrand, User
from accounts.services import erasure, tokens
from core.celery_task import enqueue
from ops.admin import ReadOnlyAdmin
from ops.services import record_audit

# Who may give these may give themselves everything.
_RIGHTS = ("username", "is_staff", "is_superuser", "groups", "user_permissions")

_WHAT_GOES = "이 사람의 복용 계획과 기록, 알림, 로그인을 모두 함께 지웁니다."


def _audited(request: HttpRequest, answer: HttpResponse, object_id: str) -> HttpResponse:
    """A page about one account, written down as a look at it when it was shown."""
    if answer.status_code == 200:
        record_audit(actor=str(request.user.pk), action="account.looked_at", target=object_id)
    return answer


def _is_boss(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    """Accounts alone: what somebody takes, when, and what they noted is on no page. Each look is written down."""

    list_display = ("id", "username", "is_staff", "is_active", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username",)
    search_hint = "아이디의 앞부분, 또는 회원 번호(UUID) 전체"
    readonly_fields = ("id", "kakao_sub", "created_at", "last_login", "prefs_version", "session_epoch")
    exclude = ("password", "picture", "meal_times", "time_zone", "large_text")
    filter_horizontal = ("groups", "user_permissions")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """By what an index holds."""
        try:
            return queryset.filter(pk=UUID(search_term)), False
        except ValueError:
            return queryset.filter(username__startswith=search_term) if search_term else queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, and the question before the marked ones are deleted."""
        answer = super().changelist_view(request, extra_context)
        if answer.status_code == 200:
            record_audit(actor=str(request.user.pk), action="account.listed")
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().change_view(request, object_id, form_url, extra_context)
        return _audited(request, answer, object_id)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().delete_view(request, object_id, extra_context)
        return _audited(request, answer, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().history_view(request, object_id, extra_context)
        return _audited(request, answer, object_id)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if _is_boss(request) else (*self.readonly_fields, *_RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    @staticmethod
    def _may_touch(request: HttpRequest, obj: User | None) -> bool:
        return _is_boss(request) or obj is None or not obj.is_staff

    def get_deleted_objects(
        self, objs: Sequence[User] | QuerySet[User], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """The accounts alone: Django would print each dose and word of theirs, and refuse where there is a phone."""
        allowed = all(self.has_delete_permission(request, user) for user in objs)
        names = [name for user in objs for name in (str(user), [_WHAT_GOES])]
        lacking = set() if allowed else {str(self.opts.verbose_name)}
        return names, {str(self.opts.verbose_name_plural): len(objs)}, lacking, []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """The same as if they had left by themselves: nothing stays, and Kakao hears of it."""
        self._erase(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._erase(request, [user for user in queryset if self._may_touch(request, user)])

    @staticmethod
    def _erase(request: HttpRequest, users: Iterable[User]) -> None:
        for user in users:
            farewell = erasure.erase(user_id=user.pk)
            record_audit(actor=str(request.user.pk), action="account.erased_for", target=str(farewell.receipt))
            if farewell.errand is not None:
                enqueue(tasks.run_errand, farewell.errand)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Who is suspended is logged out everywhere."""
        super().save_model(request, obj, form, change)
        record_audit(actor=str(request.user.pk), action="account.edited", target=str(obj.pk))
        if not obj.is_active:
            tokens.end_all(user_id=obj.pk)


@admin.register(KakaoErrand)
class KakaoErrandAdmin(ReadOnlyAdmin):
    """What Kakao is still owed; the member's number is not shown."""

    fields = list_display = ("kind", "receipt", "attempts", "due_at", "created_at")
    list_filter = ("kind",)


@admin.register(ErasureReceipt)
class ErasureReceiptAdmin(ReadOnlyAdmin):
    fields = list_display = ("id", "erased_at", "unlinked_at", "rows")
    search_fields = ("id",)
