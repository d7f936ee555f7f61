"""What this app holds about a user, for export and erasure. The user's own row goes last: services.erasure."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import KakaoErrand, Login, User

TABLES = (
    "accounts_user",
    "accounts_user_groups",
    "accounts_user_user_permissions",
    "accounts_login",
    "accounts_kakao_errand",
    "django_admin_log",
    "otp_totp_totpdevice",
)
_OWN = (
    "id", "kakao_sub", "username", "nickname", "picture", "time_zone", "meal_times", "large_text", "prefs_version",
    "is_staff", "is_active", "created_at", "last_login",
)  # fmt: skip


def _about(user_id: str) -> Q:
    """What the admin's history says of the user's own row; its text once held their name."""
    return Q(content_type__app_label="accounts", content_type__model="user", object_id=user_id)


def export(user_id: str) -> dict[str, Any]:
    user = User.objects.filter(pk=user_id)
    logins = Login.objects.filter(user_id=user_id).order_by("created_at")
    return {
        "user": user.values(*_OWN).first(),
        "groups": list(user.values_list("groups__name", flat=True).exclude(groups=None)),
        "logins": logins.values("id", "kind", "device", "created_at", "last_used_at", "revoked_at").iterator(),
        "second_factors": TOTPDevice.objects.filter(user_id=user_id).values("name", "created_at").iterator(),
        "admin_actions": LogEntry.objects.filter(user_id=user_id).values("action_time", "object_repr").iterator(),
        "edited_by_staff": LogEntry.objects.filter(_about(user_id)).values("action_time", "object_repr").iterator(),
    }


def erase(user_id: str) -> int:
    subs = User.objects.filter(pk=user_id).values("kakao_sub")
    counted = (
        Login.objects.filter(user_id=user_id),
        LogEntry.objects.filter(Q(user_id=user_id) | _about(user_id)),
        TOTPDevice.objects.filter(user_id=user_id),
        KakaoErrand.objects.filter(kakao_sub__in=subs),
    )
    return sum(rows.delete()[0] for rows in counted)
