from django.db import migrations, models
from django.db.models import Case, F, Func, IntegerField, Q, Value, When
from django.db.models.functions import Least


def _when(name: str, risk: int) -> Case:
    held = Q(("checks__coverage__has_key", name))
    return Case(When(held, then=Value(risk)), default=Value(0), output_field=IntegerField())


def _own_risk() -> models.GeneratedField:
    count = Func(F("checks__fired"), function="jsonb_array_length", output_field=IntegerField())
    refused = Case(When(checks__has_key="fired", then=count), default=Value(0), output_field=IntegerField())
    total = Value(1) + Least(refused, Value(5)) + _when("pregnancy", 2) + _when("age", 2) + _when("contraindication", 1)
    total = total + _when("stop_and_ask", 1) + _when("interaction", 1) + _when("alcohol", 1)
    return models.GeneratedField(
        db_persist=True, expression=total, output_field=models.SmallIntegerField(), verbose_name="글의 위험"
    )


class Migration(migrations.Migration):
    """Both tables are written anew, while nobody reads them."""

    dependencies = [("summaries", "0006_korean_names")]

    operations = [
        migrations.AddField("customsummary", "own_risk", _own_risk()),
        migrations.AddField("summary", "own_risk", _own_risk()),
    ]
