from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("medicines", "0010_brand_near_twice"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchIndex",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(default="", max_length=24)),
                ("building", models.CharField(default="", max_length=24)),
                ("done_to", models.BigIntegerField(default=0)),
                ("built_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "medicine_search_index",
            },
        ),
    ]
