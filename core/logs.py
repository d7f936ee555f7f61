"""JSON log lines without secrets or health data; `logging_config` is settings.LOGGING."""

import json
import logging
import re
import time
from pathlib import Path
from typing import Any

from core import context

# What a line may carry beside the fixed fields; anything else given as `extra` is dropped.
EXTRA_FIELDS = frozenset(
    "route method status duration_ms tier task task_id vendor outcome rows source attempt model".split()  # noqa: SIM905
)
_TALKATIVE = ("httpx", "httpcore", "openai", "urllib3", "requests", "kombu", "amqp", "celery", "axes")
_HIDDEN = "[hidden]"
# A query string in any text: "?" up to white space, a quote or a closing bracket.
_QUERY = re.compile(r"\?[^\s\"'<>)\]]*=[^\s\"'<>)\]]*")
_NAMED_SECRET = re.compile(
    r"""(?i)\b(service_?key|api[_-]?key|authorization|access_?token|refresh_?token|id_?token|client_secret|admin_?key|"""
    r"""code_verifier|nonce|password|token)"""
    r"""(["']?\s*[:=]\s*["']?)(?:(?:Bearer|KakaoAK|Token)\s+)?[^\s"',&;)}]+"""
)
# An authorization code; not "status code: 400" or Kakao's "error_code": "KOE320".
_CODE = re.compile(r"""(?i)\b(code)(["']?\s*[:=]\s*["']?)[A-Za-z0-9_.~-]{16,}""")
# Kakao's member numbers where they have a name, and our "app id:member number".
_MEMBER = re.compile(r"""(?i)\b(kakao_?(?:sub|id)|target_id|user_id|sub)(["']?\s*[:=]\s*["']?)(?:\d+:)?\d{6,}""")
_APP_MEMBER = re.compile(r"\b\d{1,10}:\d{8,19}\b")
_BEARER = re.compile(r"\b(Bearer|KakaoAK)\s+\S+")
_KEY_SHAPES = re.compile(r"\bsk-[A-Za-z0-9_-]{8,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
# The name and password in an address: postgresql://pilling:…@host
_USERINFO = re.compile(r"(\w://)[^\s/@'\"]*@")
_MAY_HIDE = re.compile(r"[?=:]|sk-|eyJ|Bearer|KakaoAK")


def redact(text: str) -> str:
    """The text without query strings, keys, tokens, codes, passwords and Kakao's member numbers."""
    if not _MAY_HIDE.search(text):
        return text
    text = _USERINFO.sub(rf"\1{_HIDDEN}@", text)
    text = _QUERY.sub("?" + _HIDDEN, text)
    text = _BEARER.sub(rf"\1 {_HIDDEN}", text)
    for named in (_NAMED_SECRET, _CODE, _MEMBER):
        text = named.sub(rf"\1\2{_HIDDEN}", text)
    text = _APP_MEMBER.sub(_HIDDEN, text)
    return _KEY_SHAPES.sub(_HIDDEN, text)


# What no line of ours shows need not be found out for each one: the caller's frame, thread and process take half the
# time of an access line (https://docs.python.org/3/howto/logging.html#optimization).
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

# Made once: json.dumps makes one for each call with options.
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `timestamp level module message user_id request_id`, whitelisted extras, `exception`."""

    _second = 0
    _prefix = ""

    def _timestamp(self, created: float) -> str:
        second = int(created)
        if second != self._second:
            self._prefix, self._second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)), second
        return f"{self._prefix}.{int((created - second) * 1000):03d}+00:00"

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "timestamp": self._timestamp(record.created),
            "level": record.levelname,
            "module": record.name,
            "message": redact(record.getMessage()),
            "user_id": context.user_id.get() or None,
            "request_id": context.request_id.get() or None,
        }
        given = record.__dict__
        line.update((field, given[field]) for field in EXTRA_FIELDS & given.keys())
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        text = _encode(line)
        # A lone surrogate cannot be written as UTF-8; as \udXXX it is still JSON.
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


class PathFilter(logging.Filter):
    """Takes the path out of Django's own lines about failed requests: it may hold a token or an item id."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args:
            record.msg, record.args = str(record.msg).split(":", 1)[0].replace("%s", "").strip() or "Request failed", ()
        return True


class BodyFilter(logging.Filter):
    """Keeps the first line of what Celery says of a message that it throws away: the rest repeats its arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "message body" in str(record.msg):
            record.msg, record.args = re.sub(r"[\s:]*%.*", "", str(record.msg).strip().splitlines()[0]), ()
        return True


def _handlers(log_file: str) -> dict[str, Any]:
    handlers: dict[str, Any] = {
        "stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"},
    }
    if log_file:
        Path(log_file).parent.mkdir(parents=True, exist_ok=True)
        handlers["file"] = {
            "class": "logging.handlers.RotatingFileHandler",
            "formatter": "json",
            "filename": log_file,
            "maxBytes": 50_000_000,
            "backupCount": 5,
            "encoding": "utf-8",
            "delay": True,
        }
    return handlers


def logging_config(*, level: str, log_file: str) -> dict[str, Any]:
    """A `logging.config` dictionary: stdout, and a rotating file when `log_file` is a path (its folder is made)."""
    handlers = _handlers(log_file)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "core.logs.JsonFormatter"}},
        "filters": {"no_path": {"()": "core.logs.PathFilter"}, "no_body": {"()": "core.logs.BodyFilter"}},
        "handlers": handlers,
        "root": {"level": level, "handlers": list(handlers)},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "django.request": {"level": "ERROR", "filters": ["no_path"]},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": True},
            # Scanners send made-up Host headers all day; the access line already shows the 400.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            # Its line has the path and the origin that was sent; the access line shows route and 403.
            "django.security.csrf": {"level": "CRITICAL"},
            # Their INFO and DEBUG lines hold addresses with queries, message bodies or task arguments.
            **{name: {"level": "WARNING"} for name in _TALKATIVE},
            "celery.worker.consumer.consumer": {"filters": ["no_body"]},
        },
    }
