from django.conf import settings
from django.db import migrations

from ops.roles import grant


class Migration(migrations.Migration):
    """The three groups of staff. It comes after every table that they may see."""

    dependencies = [
        ("ops", "0004_task_runs"),
        ("accounts", "0002_logins"),
        ("medicines", "0013_curated_words"),
        ("pharmacies", "0002_initial"),
        ("schedules", "0001_initial"),
        ("summaries", "0005_custom_curation"),
        ("axes", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
