"""The ledger of model calls and the month's budget. Services of this app write through `recorder` and ask `has_budget`.

A call is written after it was made, so processes that ask at the same moment may each make one more: the month is
overshot by at most the calls in flight (one a worker). Batches reserve their most before they are sent.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from core import metrics
from ops.services import record_audit
from summaries import prompts
from summaries.client import Call
from summaries.completions import Usage
from summaries.ledger_models import ModelCall, ModelMonth, SummaryBatch

logger = logging.getLogger(__name__)
Purpose = ModelCall.Purpose
OPEN = (SummaryBatch.State.PLANNED, SummaryBatch.State.SUBMITTED)
THRESHOLDS = (50, 80, 100)
# Thirteen months: a year ago can still be compared with.
KEPT = timedelta(days=400)
MICROS = 1_000_000


def month_of(moment: datetime) -> str:
    """The month that a call is paid in, "YYYY-MM" (settings.TIME_ZONE is Asia/Seoul)."""
    return timezone.localtime(moment).strftime("%Y-%m")


def price_of(model: str) -> tuple[list[float], bool]:
    """USD per million tokens in, cached, out; False when the table has no line for the model."""
    known = settings.OPENAI_PRICES.get(model)
    return (known, True) if known else (settings.OPENAI_PRICES["*"], False)


def cost_micros(*, model: str, usage: Usage, batch: bool = False) -> int:
    """Millionths of a dollar, rounded up: tokens times dollars per million tokens."""
    into, cached, out = (Decimal(str(price)) for price in price_of(model)[0])
    cost = (usage.tokens_in - usage.tokens_cached) * into + usage.tokens_cached * cached + usage.tokens_out * out
    share = Decimal(str(settings.OPENAI_BATCH_PRICE_SHARE)) if batch else Decimal(1)
    return int((cost * share).to_integral_value(ROUND_CEILING))


def recorder(*, purpose: Purpose, item_seq: str) -> Callable[[Call], None]:
    """A function that writes each call for this medicine into the ledger."""

    def record_one(call: Call) -> None:
        record(call=call, purpose=purpose, item_seq=item_seq)

    return record_one


@transaction.atomic
def record(*, call: Call, purpose: Purpose, item_seq: str) -> ModelCall:
    """Write one call down, add it to its month, and warn when a threshold of the budget is passed."""
    now, usage = timezone.now(), call.usage
    cost = cost_micros(model=call.model, usage=usage, batch=purpose == Purpose.BATCH)
    row = ModelCall.objects.create(
        at=now,
        purpose=purpose,
        item_seq=item_seq,
        model=call.model[:80],
        prompt_version=prompts.VERSION,
        outcome=call.outcome[:20],
        tokens_in=usage.tokens_in,
        tokens_cached=usage.tokens_cached,
        tokens_out=usage.tokens_out,
        cost_micros=cost,
        price_known=price_of(call.model)[1],
        estimated=usage.estimated,
    )
    metrics.model_calls.labels(purpose, call.outcome).inc()
    metrics.model_cost.labels(purpose, call.model).inc(cost / MICROS)
    _add(month_of(now), cost)
    return row


def _add(month: str, cost: int) -> None:
    """The month's row is locked until the transaction ends, so the sum passes each threshold once."""
    if not cost:
        return
    rows = ModelMonth.objects.filter(month=month)
    if not rows.update(cost_micros=F("cost_micros") + cost):
        ModelMonth.objects.bulk_create([ModelMonth(month=month)], ignore_conflicts=True)
        rows.update(cost_micros=F("cost_micros") + cost)
    _warn(month, rows.values_list("cost_micros", flat=True).get())


def _warn(month: str, spent: int) -> None:
    """Log and audit each threshold once a month."""
    budget = budget_micros()
    metrics.budget_spent.set(spent / budget if budget else 1)
    for percent in THRESHOLDS:
        passed = spent * 100 >= budget * percent
        if passed and ModelMonth.objects.filter(month=month, warned__lt=percent).update(warned=percent):
            details = {"percent": percent, "spent_usd": spent / MICROS, "budget_usd": budget / MICROS}
            logger.warning("Model budget: %d %% of the month is spent", percent)
            record_audit(actor="summaries.ledger", action="model_budget_threshold", target=month, details=details)


def budget_micros() -> int:
    """settings.OPENAI_MONTHLY_BUDGET_USD in millionths."""
    budget: float = settings.OPENAI_MONTHLY_BUDGET_USD
    return round(budget * MICROS)


def spent_micros(*, month: str) -> int:
    return ModelMonth.objects.filter(month=month).values_list("cost_micros", flat=True).first() or 0


def reserved_micros() -> int:
    """What open batches may still cost."""
    total = SummaryBatch.objects.filter(state__in=OPEN).aggregate(total=Sum("reserved_micros"))["total"]
    return int(total or 0)


def left_micros() -> int:
    """What this month's budget still allows, reservations taken off; never below 0. Two queries."""
    return max(0, budget_micros() - spent_micros(month=month_of(timezone.now())) - reserved_micros())


def has_budget() -> bool:
    """Whether one more call may be made."""
    return left_micros() > 0


def purge_calls() -> int:
    """Delete calls older than 13 months; their months' sums stay. How many."""
    return ModelCall.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]
