"""How much is at risk while nobody has looked at a text: what its checks tell of it, as the database computes it."""

from django.db.models import Case, Expression, F, IntegerField, Q, Value, When
from django.db.models.expressions import Func
from django.db.models.functions import Least

# Risk is 1 and these, when they hold. Classes: summaries.omissions.CLASSES, as the text's checks have them.
# What stands here is compiled into a column (GeneratedText.own_risk): a change comes with a migration.
CLASS_RISK = {"pregnancy": 2, "age": 2, "contraindication": 1, "stop_and_ask": 1, "interaction": 1, "alcohol": 1}
# One for each sentence that the gate refused, up to this.
MOST_REFUSED_RISK = 5


def of_checks() -> Expression:
    """1, the refused sentences, and the classes of what must not be omitted."""
    total: Expression = Value(1) + Least(_refused(), Value(MOST_REFUSED_RISK))
    for name, risk in CLASS_RISK.items():
        total = total + when(Q(checks__coverage__has_key=name), risk)
    return total


def when(condition: Q, risk: int) -> Case:
    return Case(When(condition, then=Value(risk)), default=Value(0), output_field=IntegerField())


def _refused() -> Case:
    count = Func(F("checks__fired"), function="jsonb_array_length", output_field=IntegerField())
    return Case(When(checks__has_key="fired", then=count), default=Value(0), output_field=IntegerField())
