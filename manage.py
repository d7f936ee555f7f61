#!/usr/bin/env python
"""Django's command line; on a bare machine it finds or starts the embedded servers first."""

import os
import sys

SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SECRET_KEY")


def main() -> None:
    if sys.argv[1:2] == ["test"]:
        # The tests bring servers of their own; those of a running product are never emptied for them.
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[2:]])  # noqa: S606 - no shell, fixed words
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not all(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in SERVERS):
        # A production image has neither the package nor its wheels.
        from sandbox.environment import ensure_environment

        ensure_environment()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
