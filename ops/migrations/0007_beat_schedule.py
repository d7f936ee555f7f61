from django.db import migrations, models

from ops.roles import grant


class Migration(migrations.Migration):
    """The page of beat's schedule, which operators may see."""

    dependencies = [("ops", "0006_korean_names")]

    operations = [
        migrations.CreateModel(
            name="BeatEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "정기 작업 일정",
                "verbose_name_plural": "정기 작업 일정",
                "managed": False,
                "default_permissions": ("view",),
            },
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
