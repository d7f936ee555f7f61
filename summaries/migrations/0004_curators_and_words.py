"""The curators' group, and the table of hard words filled from its data file."""

from typing import Any

from django.conf import settings
from django.db import migrations

from summaries.easy_words import file_words

GROUP = "큐레이터"
ALLOWED = {
    "summary": {"change": "요약"},
    "hardword": {"add": "어려운 말", "change": "어려운 말", "view": "어려운 말"},
}


def make_group(apps: Any, schema_editor: Any) -> None:
    """Django makes permissions after all migrations, so the ones needed are made here under the same names."""
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for model, allowed in ALLOWED.items():
        kind, _ = ContentType.objects.get_or_create(app_label="summaries", model=model)
        for action, name in allowed.items():
            permission, _ = Permission.objects.get_or_create(
                content_type=kind, codename=f"{action}_{model}", defaults={"name": f"Can {action} {name}"}
            )
            group.permissions.add(permission)


def drop_group(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()


def fill_words(apps: Any, schema_editor: Any) -> None:
    HardWord = apps.get_model("summaries", "HardWord")
    words = [HardWord(word=word, easy=easy, seeded=easy) for word, easy in file_words().items()]
    HardWord.objects.bulk_create(words, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("summaries", "0003_curation"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunPython(make_group, drop_group),
        migrations.RunPython(fill_words, migrations.RunPython.noop),
    ]
