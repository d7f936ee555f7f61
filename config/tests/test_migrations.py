"""Migrations are safe while the product serves: no long waits for locks, nothing the running release cannot bear."""

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.signals import post_migrate
from django_migration_linter import MigrationLinter

from sandbox.home import PROJECT

# Nothing served when these were written.
BEFORE_THE_FIRST_RELEASE = [
    "medicines.0003_search_counts", "medicines.0004_search_tables", "medicines.0007_gin_without_pending_lists",
    "pharmacies.0002_initial",
]  # fmt: skip
# To the linter these are warnings: writers wait as long as an index takes.
LOCKS = ["CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE", "DROP_INDEX", "REINDEX"]
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


def linter():
    options = {"no_cache": True, "quiet": ["ok", "ignore"], "warnings_as_errors_tests": LOCKS}
    return MigrationLinter(str(PROJECT), include_apps=list(OURS), **options)


@pytest.mark.django_db(transaction=True)
def test_the_release_that_serves_can_live_with_every_migration():
    looks = linter()
    for migration in looks._gather_all_migrations():
        if migration.app_label in OURS and f"{migration.app_label}.{migration.name}" not in BEFORE_THE_FIRST_RELEASE:
            looks.lint_migration(migration)
    assert not looks.has_errors
    assert looks.nb_total > 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("statement", "safe"),
    [
        ('CREATE INDEX "slow" ON "medicine" ("name")', False),
        ('CREATE INDEX CONCURRENTLY "quick" ON "medicine" ("name")', True),
        ('DROP INDEX "slow"', False),
        ('ALTER TABLE "medicine" DROP COLUMN "name"', False),
        ('ALTER TABLE "medicine" ADD COLUMN "must" integer NOT NULL', False),
        ('ALTER TABLE "medicine" ADD COLUMN "may" integer NULL', True),
    ],
)
def test_what_it_could_not_live_with_is_found(statement, safe, monkeypatch):
    looks = linter()
    monkeypatch.setattr(looks, "get_sql", lambda app, name: [statement + ";"])
    looks.lint_migration(next(m for m in looks._gather_all_migrations() if m.app_label == "medicines"))
    assert looks.has_errors is not safe
