"""Settings of the staff's door: django-axes locks it, django-otp asks for a second factor."""

from datetime import timedelta

import environ

_env = environ.Env()
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Who fails so often is locked out for so long, by name and address together: a stranger cannot lock staff out.
AXES_FAILURE_LIMIT = _env.int("ADMIN_LOCK_AFTER", 5)
AXES_COOLOFF_TIME = timedelta(minutes=_env.int("ADMIN_LOCK_MINUTES", 30))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "core.throttling.client_address"
AXES_USERNAME_CALLABLE = "ops.staff.attempted_name"
AXES_LOCKOUT_CALLABLE = "ops.staff.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
# ops.admin has a list of its own; the tables behind the other two are never filled.
AXES_ENABLE_ADMIN = False
# A member of staff with a second factor is always asked for it; with this, nobody enters without one.
ADMIN_TOTP_REQUIRED = _env.bool("ADMIN_TOTP_REQUIRED", False)
OTP_TOTP_ISSUER = "Pilling"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
