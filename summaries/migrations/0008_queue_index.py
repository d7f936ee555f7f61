from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Built beside the readers and writers."""

    atomic = False

    dependencies = [("summaries", "0007_own_risk")]

    operations = [
        AddIndexConcurrently(
            model_name="summary",
            index=models.Index(
                fields=["medicine"],
                include=("id", "state", "prompt_version", "source_hash", "own_risk"),
                name="idx_summary_queue",
            ),
        ),
    ]
