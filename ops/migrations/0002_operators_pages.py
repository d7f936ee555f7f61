from django.db import migrations, models


class Migration(migrations.Migration):
    """Two pages without tables: their permissions come with them."""

    dependencies = [("ops", "0001_operators_tables")]

    operations = [
        migrations.CreateModel(
            name="CacheEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "캐시 들여다보기",
                "verbose_name_plural": "캐시 들여다보기",
                "managed": False,
                "default_permissions": ("view", "delete"),
            },
        ),
        migrations.CreateModel(
            name="CircuitBreaker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name": "회로 차단기",
                "verbose_name_plural": "회로 차단기",
                "managed": False,
                "default_permissions": ("view", "change"),
            },
        ),
    ]
