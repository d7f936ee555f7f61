"""Distances on a sphere with an index: cube, and earthdistance on top of it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS cube", migrations.RunSQL.noop),
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS earthdistance", migrations.RunSQL.noop),
    ]
