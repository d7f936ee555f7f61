"""Variables that let the settings load in the harness itself; the product gets its own (config.tests.running)."""

import os

_VARIABLES = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "DJANGO_SECRET_KEY": "only-for-the-harness-0123456789abcdef",
    "DATABASE_URL": "postgresql://localhost/none",
    "REDIS_URL": "redis://localhost/0",
    "CELERY_BROKER_URL": "redis://localhost/1",
}


def pretend() -> None:
    os.environ.update(_VARIABLES)
