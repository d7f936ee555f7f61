"""Migrations are safe while the product serves: no long waits for locks, nothing the running release cannot bear."""

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.signals import post_migrate
from django_migration_linter import MigrationLinter

from sandbox.home import PROJECT

# Nothing served when these were written.
BEFORE_THE_FIRST_RELEASE = ["0004_search_tables"]
OURS = ("accounts", "medicines", "ops", "pharmacies", "schedules", "summaries")


def limits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
        return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_a_migration_has_limits_and_leaves_none_behind():
    seen = []

    def look(**kwargs):
        seen.append(limits())

    before = limits()
    post_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        post_migrate.disconnect(look)
    assert set(seen) == {("4s", "10min")}
    assert limits() == before != ("4s", "10min")


@pytest.mark.django_db(transaction=True)
def test_a_table_in_use_is_left_alone(settings):
    """The migration gives up; nobody had to wait behind it for long."""
    settings.MIGRATE_LOCK_TIMEOUT_MS = 100
    reader = psycopg2.connect(dsn())
    try:
        reader.cursor().execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(CommandError, match="in use"):
            call_command("migrate", verbosity=0)
    finally:
        reader.close()


def dsn():
    given = connection.get_connection_params()
    return psycopg2.extensions.make_dsn(**{name: given[name] for name in ("dbname", "user", "password", "host")})


@pytest.mark.django_db(transaction=True)
def test_the_release_that_serves_can_live_with_every_migration():
    options = {"no_cache": True, "quiet": ["ok", "ignore"], "ignore_name": BEFORE_THE_FIRST_RELEASE}
    linter = MigrationLinter(str(PROJECT), include_apps=list(OURS), **options)
    linter.lint_all_migrations()
    assert not linter.has_errors
    assert linter.nb_total > 10
