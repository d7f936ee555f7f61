"""How staff enter the admin: password, a code of their second factor when they have one, a lock after failures."""

import hashlib
import hmac
from datetime import timedelta
from functools import wraps
from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_otp import match_token, user_has_device

from core import throttling
from ops.fast_lists import FastList, refuse_nul
from ops.services import record_audit

_WRONG = "아이디, 비밀번호, 인증 코드를 다시 확인해 주세요."


class StaffLoginForm(AdminAuthenticationForm):
    """The same words for a wrong password and a wrong code: nobody learns that the password was right."""

    error_messages = AdminAuthenticationForm.error_messages | {"invalid_login": _WRONG}
    otp_token = forms.CharField(
        label="인증 코드 (등록한 경우)",
        required=False,
        max_length=8,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if not user_has_device(user):
            return
        user.otp_device = match_token(user, self.cleaned_data.get("otp_token", ""))
        if user.otp_device is None:
            user_login_failed.send(__name__, credentials={"username": user.get_username()}, request=self.request)
            raise self.get_invalid_login_error()


class StaffSite(AdminSite):
    """Django's admin with fast lists, for whom a confirmed second factor counts as soon as there is one."""

    site_title = site_header = "필링 운영"
    login_form = StaffLoginForm
    login_template = "ops/login.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        ours = admin_class or ModelAdmin
        fast = type(ours.__name__, (FastList, ours), {"__module__": ours.__module__})
        super().register(model_or_iterable, fast, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def read(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refuse_nul(request, *args, *kwargs.values())
            return view(request, *args, **kwargs)

        return super().admin_view(read, cacheable)

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if not super().has_permission(request) or user.is_verified():
            return super().has_permission(request)
        return not (settings.ADMIN_TOTP_REQUIRED or user_has_device(user))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method != "POST":
            return super().login(request, extra_context)
        throttling.check(request, "login", anonymous=True)
        response = super().login(request, extra_context)
        if response.status_code == 302:
            _note_login(request.user)
        return response


def _note_login(user: Any) -> None:
    factor = getattr(user, "otp_device", None)
    record_audit(actor=str(user.pk), action="staff.login", details={"second_factor": factor is not None})


def attempted_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """For axes: who tried. A name that no account has is kept as a digest: it may be a password in the wrong field."""
    given = credentials or (request.POST if request else {})
    name = str(given.get("username") or "")[:255]
    if not name or get_user_model()._default_manager.filter(username=name.replace("\0", "")).exists():
        return name
    return (
        "?" + hmac.new(settings.SECRET_KEY.encode(), name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:24]
    )


def locked_out(request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """For axes: what somebody sees who failed too often."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    headers = {"Retry-After": str(seconds), "Cache-Control": "no-store"}
    page = render(request, "ops/locked_out.html", {"minutes": seconds // 60}, status=429)
    for name, value in headers.items():
        page.headers[name] = value
    return page


def purge_attempts(*, days: int = 30) -> int:
    """Delete failed logins older than this: they hold addresses."""
    old = AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - timedelta(days=days))
    return int(old.delete()[0])
