"""Django's `migrate`, which gives up when it would stand in the way of a product that serves.

A statement that waits for a table's lock makes every later reader of the table wait behind it. So it waits a moment
only, fails, and can be run again; what was applied stays applied.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections

_SET = "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)"
_NOT_HAD = ("55P03", "57014")  # lock_not_available, query_canceled


class Command(Migrate):
    help = Migrate.help

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        limits = (settings.MIGRATE_LOCK_TIMEOUT_MS, settings.MIGRATE_STATEMENT_TIMEOUT_MS)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            before = cursor.fetchone()
            cursor.execute(_SET, [f"{limit}ms" for limit in limits])
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in _NOT_HAD:
                raise
            raise CommandError("A table is in use and was left alone. Run migrate again in a quiet moment.") from error
        finally:
            if connection.connection and not connection.connection.closed:
                with connection.cursor() as cursor:
                    cursor.execute(_SET, before)
