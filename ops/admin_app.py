"""Django's admin and the libraries of the staff's door as apps, by names that staff read.

Apart, since no model exists yet when INSTALLED_APPS is read.
"""

from axes.apps import AppConfig as AxesConfig
from django.contrib.admin.apps import AdminConfig
from django_otp.plugins.otp_totp.apps import DefaultConfig as TotpConfig


class StaffAdminConfig(AdminConfig):
    default_site = "ops.staff.StaffSite"


class LoginGuardConfig(AxesConfig):  # type: ignore[misc]
    verbose_name = "로그인 지키기"


class SecondFactorConfig(TotpConfig):  # type: ignore[misc]
    verbose_name = "2단계 인증"
