"""Staff accounts; what is personal stays out of the list."""

from django.contrib import admin

from accounts.models import User


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    list_display = ("id", "username", "is_staff", "is_active", "created_at")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username",)
    readonly_fields = ("id", "kakao_sub", "created_at", "last_login")
    exclude = ("password",)
