"""Extensions first, and a refusal of a database whose locale would make every Korean search a silent miss."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def assert_locale(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('타이레놀'))")
        if not cursor.fetchone()[0]:
            raise RuntimeError("The database's LC_CTYPE sees no Hangul (is it C?). Create it with C.UTF-8.")


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        TrigramExtension(),
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS fuzzystrmatch", migrations.RunSQL.noop),
        migrations.RunPython(assert_locale, migrations.RunPython.noop),
    ]
