"""Looks over the log formatter's shoulder during the whole test run: no line may hold a secret that a test used."""

import os
import re
from urllib.parse import urlsplit

from core.logs import JsonFormatter

lines_seen = 0
leaks = []
# Our tokens, the Kakao stand-in's codes, tokens and member numbers, and the keys of all stand-ins.
_SHAPES = (
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]+|sbx-(?:code|access|refresh)-[\w-]{8,}|\b48150\d{5}\b"
    r"|sandbox-user-\d|sandbox-[\w-]*key"
)


def secrets():
    names = ("DJANGO_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
    given = [os.environ.get(name, "") for name in names]
    return [given[0], *(urlsplit(url).password or "" for url in given[1:])]


def pattern():
    known = [re.escape(secret) for secret in secrets() if len(secret) > 8]
    return re.compile("|".join([_SHAPES, "sandbox-kakao-secret", *known]))


def install():
    held, write = pattern(), JsonFormatter.format

    def watched(self, record):
        global lines_seen
        text = write(self, record)
        lines_seen += 1
        if found := held.search(text):
            leaks.append(f"{os.environ.get('PYTEST_CURRENT_TEST')}: {record.name}: {found[0][:12]}…")
        return text

    JsonFormatter.format = watched
