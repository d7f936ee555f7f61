"""Staff accounts; what is personal stays out of the list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import ErasureReceipt, KakaoErrand, User
from accounts.services import tokens
from ops.admin import ReadOnlyAdmin
from ops.services import record_audit


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    list_display = ("id", "username", "is_staff", "is_active", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username",)
    readonly_fields = ("id", "kakao_sub", "created_at", "last_login", "prefs_version", "session_epoch")
    exclude = ("password",)

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
