"""All of Django's settings, from environment variables; what is unsafe by default is refused."""

import os
import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import django_stubs_ext
import limits
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured
from redis.backoff import NoBackoff
from redis.retry import Retry
from whitenoise.compress import Compressor

from config import policies, queues
from config.api_docs import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from config.beat import CELERY_BEAT_SCHEDULE as CELERY_BEAT_SCHEDULE
from config.databases import REPLICA_MODELS as REPLICA_MODELS
from config.databases import databases
from config.environment import Env
from config.maps import *  # noqa: F403 - read by name
from config.prices import OPENAI_PRICES as _PRICES
from config.queues import *  # noqa: F403 - Celery reads them by name
from config.staff import *  # noqa: F403 - Django, axes and otp read them by name
from config.templates import TEMPLATES as TEMPLATES
from core.logs import logging_config

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

# --- Who we are -------------------------------------------------------------------------------------------------------
SECRET_KEY = env.str("DJANGO_SECRET_KEY")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("DJANGO_SECRET_KEY needs at least 32 characters.")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
# Cookies without `Secure` and no redirect to TLS: for a bare machine without a certificate, never for production.
INSECURE_HTTP = env.bool("INSECURE_HTTP", False)
# Networks, or "unix" for a local socket.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
try:
    [ip_network(proxy, strict=False) for proxy in TRUSTED_PROXIES if proxy != "unix"]
except ValueError as error:
    raise ImproperlyConfigured(f"TRUSTED_PROXIES: {error}") from error

INSTALLED_APPS = [
    # Before the admin, whose frame it fills in (admin/base_site.html).
    "ops",
    "ops.admin_app.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "ops.admin_app.LoginGuardConfig",
    "django_otp",
    "ops.admin_app.SecondFactorConfig",
    "django_htmx",
    "core",
    "accounts",
    "medicines",
    "pharmacies",
    "schedules",
    "summaries",
    "dashboard",
]

# The API reads no cookie and answers no page: `core.browser` keeps what browsers need off its path.
MIDDLEWARE = [
    "core.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Outside of all that may answer by itself: a preflight, a strange host.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core.browser.PageContentSecurity",
    "dashboard.middleware.ProblemPages",
    "core.browser.ApiCors",
    "core.browser.PageFiles",
    "core.browser.PageSession",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "core.browser.PageAuthentication",
    "core.browser.PageSecondFactor",
    "core.browser.PageMessages",
    "core.browser.PageHtmx",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "ko-kr"
TIME_ZONE = "Asia/Seoul"
USE_TZ = True
USE_I18N = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- PostgreSQL -------------------------------------------------------------------------------------------------------
DATABASES = databases(env)
DATABASE_ROUTERS = ["core.replica.Router"]
# core.management.commands.migrate: how long a migration may wait for a lock, and how long a statement of it may last.
MIGRATE_LOCK_TIMEOUT_MS = env.int("MIGRATE_LOCK_TIMEOUT_MS", 4_000)
MIGRATE_STATEMENT_TIMEOUT_MS = env.int("MIGRATE_STATEMENT_TIMEOUT_MS", 600_000)

# --- Redis: a cache that may forget, a broker that may not ------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_REDIS_URL = env.str("CELERY_BROKER_URL")
if CELERY_BROKER_REDIS_URL == REDIS_URL:
    raise ImproperlyConfigured("CELERY_BROKER_URL must not be REDIS_URL: a cache that evicts would drop queued tasks.")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "pilling",
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.2,
            "SOCKET_TIMEOUT": 0.5,
            # Only sessions are kept here, and these are in PostgreSQL too: a dead cache is logged and a miss.
            "IGNORE_EXCEPTIONS": True,
            # redis-py tries ten times with growing pauses unless told not to.
            "CONNECTION_POOL_KWARGS": {"retry": Retry(NoBackoff(), 0)},
        },
    }
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
if REDIS_URL.startswith(("cluster://", "clusters://")):
    # django-redis knows no cluster: sessions are read from PostgreSQL.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# The tier in each process's memory (core.cache): 0 turns it off.
L1_SECONDS = env.float("L1_SECONDS", 30.0)

# --- Celery -----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = CELERY_BROKER_REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
# Celery prefers the environment's CELERY_BROKER_URL to ours; these two come before it.
CELERY_BROKER_READ_URL = CELERY_BROKER_WRITE_URL = CELERY_BROKER_URL
# The broker may be Sentinels', `sentinel://one:26379;sentinel://two:26379`, watching a master of this name.
CELERY_BROKER_MASTER = env.str("CELERY_BROKER_MASTER", "broker")
CELERY_BROKER_TRANSPORT_OPTIONS = {**queues.DELIVERY, "master_name": CELERY_BROKER_MASTER}
if CELERY_BROKER_URL.startswith("rediss://"):
    # Without a word of it Celery, unlike redis-py, would believe any certificate. What the address says comes before.
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
CELERY_METRICS_PORT = env.int("CELERY_METRICS_PORT", 0)

# --- Outside services -------------------------------------------------------------------------------------------------
DATA_GO_KR_BASE_URL = env.str("DATA_GO_KR_BASE_URL", "https://apis.data.go.kr")
DATA_GO_KR_SERVICE_KEY = env.str("DATA_GO_KR_SERVICE_KEY", "")
# The products' pictures: the host is this one, whatever host a row of the catalogue names.
MEDICINE_PICTURES_BASE_URL = env.str("MEDICINE_PICTURES_BASE_URL", "https://nedrug.mfds.go.kr")
DATA_GO_KR_DAILY_BUDGET = env.int("DATA_GO_KR_DAILY_BUDGET", 10_000)
KAKAO_LOCAL_BASE_URL = env.str("KAKAO_LOCAL_BASE_URL", "https://dapi.kakao.com")
# Free a day and app: 100,000; other copies of the app share them.
KAKAO_LOCAL_DAILY_BUDGET = env.int("KAKAO_LOCAL_DAILY_BUDGET", 50_000)
OPENAI_API_KEY = env.str("OPENAI_API_KEY", "")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", "https://api.openai.com/v1")
# Tried in this order; a model that is gone (404) gives way to the next.
OPENAI_MODELS = env.list("OPENAI_MODELS", default=["gpt-6-luna", "gpt-5.6-luna", "gpt-5.4-mini"])

# Most that model calls may cost in a month (Asia/Seoul); then summaries are extractive. 0: no call at all.
OPENAI_MONTHLY_BUDGET_USD = env.float("OPENAI_MONTHLY_BUDGET_USD", 8.0)
if not 0 <= OPENAI_MONTHLY_BUDGET_USD < 1_000_000:
    raise ImproperlyConfigured("OPENAI_MONTHLY_BUDGET_USD must be 0 or more.")
OPENAI_PRICES: dict[str, list[float]] = _PRICES | env.json("OPENAI_PRICES", {})
if any(len(price) != 3 or min(price) < 0 for price in OPENAI_PRICES.values()):
    raise ImproperlyConfigured("OPENAI_PRICES wants three prices a model: in, cached, out.")
# What a call in a batch costs of a direct call's price.
OPENAI_BATCH_PRICE_SHARE = 0.5
# How many of the most searched medicines are summarised ahead each night, and after them, once, the e약은요 labels that
# never had a text (at most half of the budget is reserved for these); 0: none of either.
SUMMARIES_PER_NIGHT = env.int("SUMMARIES_PER_NIGHT", 200)
KAKAO_REST_API_KEY = env.str("KAKAO_REST_API_KEY", "")
KAKAO_CLIENT_SECRET = env.str("KAKAO_CLIENT_SECRET", "")
KAKAO_ADMIN_KEY = env.str("KAKAO_ADMIN_KEY", "")
KAKAO_APP_ID = env.str("KAKAO_APP_ID", "")
# The app's other keys (native, JavaScript): id_tokens of the SDKs are made out to them.
KAKAO_APP_KEYS = env.list("KAKAO_APP_KEYS", default=[])
KAKAO_AUTH_BASE_URL = env.str("KAKAO_AUTH_BASE_URL", "https://kauth.kakao.com")
KAKAO_API_BASE_URL = env.str("KAKAO_API_BASE_URL", "https://kapi.kakao.com")

# Expo's push service; a token only when the project asks for one (enhanced security). Expo takes 600 a second.
EXPO_BASE_URL = env.str("EXPO_BASE_URL", "https://exp.host")
EXPO_ACCESS_TOKEN = env.str("EXPO_ACCESS_TOKEN", "")
PUSH_PER_SECOND = env.float("PUSH_PER_SECOND", 540.0)

# --- REST -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.AccessToken"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.json_bodies.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["core.throttling.ApiThrottle"],
    "DEFAULT_METADATA_CLASS": "core.metadata.NothingOfOurs",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # `?format=` is the doctor's sheet's own.
    "URL_FORMAT_OVERRIDE": None,
}
# So many devices of one person stay signed in; beyond them those are signed out that were used longest ago.
LOGINS_PER_USER = env.int("LOGINS_PER_USER", 50)
if LOGINS_PER_USER < 1:
    raise ImproperlyConfigured("LOGINS_PER_USER must be 1 or more.")
SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(minutes=10), "REFRESH_TOKEN_LIFETIME": timedelta(days=60)}
# "kid:secret,…": the first signs, the others still verify. Empty: one key derived from DJANGO_SECRET_KEY.
JWT_SIGNING_KEYS = env.list("JWT_SIGNING_KEYS", default=[])
THROTTLE_ENABLED = env.bool("THROTTLE_ENABLED", True)
THROTTLE_RATES = {
    "user": env.str("THROTTLE_USER", "60/minute"),
    "install": env.str("THROTTLE_INSTALL", "60/minute"),
    "address": env.str("THROTTLE_ADDRESS", "600/minute"),
    "suggest": env.str("THROTTLE_SUGGEST", "300/minute"),
    # Attempts to log in, by app, browser or as staff, from one address.
    "login": env.str("THROTTLE_LOGIN", "30/minute"),
    "source": env.str("THROTTLE_SOURCE", "10/minute"),
    "summary": env.str("THROTTLE_SUMMARY", "10/hour"),
    "calendar": env.str("THROTTLE_CALENDAR", "60/hour"),
    "carer_code": env.str("THROTTLE_CARER_CODE", "10/hour"),
    "summary_address": env.str("THROTTLE_SUMMARY_ADDRESS", "60/hour"),
}
for _scope, _rate in THROTTLE_RATES.items():
    try:
        _allowed = limits.parse(_rate).amount
    except ValueError as error:
        raise ImproperlyConfigured(f"THROTTLE_{_scope.upper()}: {error}") from error
    if _allowed < 1:
        raise ImproperlyConfigured(f"THROTTLE_{_scope.upper()} must allow one request at least.")

# --- The browser ------------------------------------------------------------------------------------------------------
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_ALLOW_HEADERS = [
    *default_headers, "idempotency-key", "if-match", "if-none-match", "x-install-id", "x-request-id",
]  # fmt: skip
CORS_EXPOSE_HEADERS = [
    "ETag", "Retry-After", "X-Cache", "X-Request-ID", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    "Allow", "Content-Disposition", "Idempotent-Replayed", "Server-Timing", "WWW-Authenticate",
]  # fmt: skip
LOGIN_URL, LOGIN_REDIRECT_URL = "/login", "/"
CSRF_FAILURE_VIEW = "dashboard.middleware.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not INSECURE_HTTP
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
# Taken away by core.middleware unless one of TRUSTED_PROXIES says it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if INSECURE_HTTP else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_HTTP
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
CONTENT_SECURITY_POLICY = {"DIRECTIVES": policies.PAGES}
ADMIN_CONTENT_SECURITY_POLICY = policies.ADMIN
STATIC_URL = "/static/"
_HOME = Path(os.environ.get("PILLING_HOME") or BASE_DIR / "var")
STATIC_ROOT = _HOME / "static"
# Under the names with a digest alone, which is how pages ask for them; source maps are for whoever opens a debugger.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
PICTURES_ROOT = Path(env.str("PICTURES_ROOT", "") or _HOME / "pictures")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Traces and error reports: off unless an address is given (core.telemetry) ---------------------------------------
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")
OTEL_TRACES_SHARE = env.float("OTEL_TRACES_SHARE", 0.05)
SENTRY_DSN = env.str("SENTRY_DSN", "")

# --- Logs -------------------------------------------------------------------------------------------------------------
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_config(level=env.str("LOG_LEVEL", "INFO"), log_file=env.str("LOG_FILE", ""))
