"""The ledger of model calls, the month's budget, and what readers get when it is spent. Over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import metrics
from medicines.selectors.label_text import label_text
from ops.models import AuditEvent
from summaries import ledger, services
from summaries.client import Call
from summaries.completions import Usage
from summaries.ledger_models import ModelCall, ModelMonth
from summaries.models import Summary
from summaries.tests.factories import make_medicine

pytestmark = pytest.mark.django_db(transaction=True)
THIS_MONTH = ledger.month_of(timezone.now())


def make(medicine, keyword=""):
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword=keyword)
    return services.generate(kind=kind, pk=pk)


def spend(dollars, purpose=ledger.Purpose.NIGHTLY):
    """One call of the cheapest model that costs this much."""
    tokens = round(dollars / 0.5 * 1_000_000)
    ledger.record(call=Call("gpt-6-luna", "ok", Usage(0, 0, tokens)), purpose=purpose, item_seq="209900001")


def counted(counter, *labels):
    return counter.labels(*labels)._value.get()


def test_a_call_is_written_with_its_tokens_and_its_price(standins, medicine):
    standins.set("cached_share", 0.5)
    before = counted(metrics.model_cost, "interactive", "gpt-6-luna")
    assert make(medicine, "임산부") == "done"
    call = ModelCall.objects.get()
    assert (call.purpose, call.outcome, call.item_seq) == ("interactive", "ok", medicine.item_seq)
    assert call.tokens_in > call.tokens_cached > 0
    exact = (call.tokens_in - call.tokens_cached) * 0.1 + call.tokens_cached * 0.01 + call.tokens_out * 0.5
    assert 0 <= call.cost_micros - exact < 1
    assert counted(metrics.model_cost, "interactive", "gpt-6-luna") == pytest.approx(before + call.cost_micros / 1e6)
    assert not any("임산부" in str(value) or "두통" in str(value) for value in vars(call).values())


@pytest.mark.parametrize(
    ("fault", "options", "outcome", "billed", "estimated"),
    [
        ("refusal", {}, "refused", True, False),
        ("length", {}, "bad_reply", True, False),
        ("plain_string", {}, "bad_reply", True, True),
        ("empty_choices", {}, "bad_reply", True, True),
        ("quota", {}, "quota", False, False),
        ("invalid_key", {}, "key", False, False),
        ("server_error", {}, "unreachable", False, False),
    ],
)
def test_failures_are_written_too(standins, medicine, fault, options, outcome, billed, estimated):
    standins.set_fault("openai", fault, **options)
    assert make(medicine) == "failed"
    calls = list(ModelCall.objects.all())
    assert len(calls) == standins.calls("openai")["chat.completions"]
    assert {call.outcome for call in calls} == {outcome}
    assert all((call.cost_micros > 0) == billed and call.estimated == estimated for call in calls)


@pytest.mark.parametrize(("fault", "outcome"), [("invalid_key", "key"), ("quota", "quota")])
def test_what_alerts_look_for_is_counted(standins, medicine, fault, outcome):
    before = counted(metrics.external_calls, "openai", outcome)
    standins.set_fault("openai", fault)
    make(medicine)
    assert counted(metrics.external_calls, "openai", outcome) == before + 1


def test_a_model_that_is_gone_costs_nothing_and_the_next_is_priced(standins, medicine, settings):
    settings.OPENAI_MODELS = ["gpt-3.5-turbo", "gpt-5.6-luna"]
    make(medicine)
    gone, asked = ModelCall.objects.order_by("pk")
    assert (gone.model, gone.outcome, gone.cost_micros, gone.price_known) == ("gpt-3.5-turbo", "refused", 0, False)
    assert (asked.model, asked.price_known) == ("gpt-5.6-luna", True)


def test_prices_are_per_million_tokens_and_a_batch_pays_half(settings):
    usage = Usage(1_000_000, 400_000, 100_000)
    assert ledger.cost_micros(model="gpt-6-luna", usage=usage) == 60_000 + 4_000 + 50_000
    assert ledger.cost_micros(model="gpt-6-luna", usage=usage, batch=True) == 57_000
    assert ledger.cost_micros(model="gpt-6-luna", usage=Usage(1, 0, 0)) == 1


def test_an_unknown_model_is_counted_at_the_dearest_and_flagged(settings):
    usage = Usage(1_000, 0, 1_000)
    ledger.record(call=Call("somebody-elses", "ok", usage), purpose=ledger.Purpose.NIGHTLY, item_seq="1")
    call = ModelCall.objects.get()
    assert not call.price_known
    known = [ledger.cost_micros(model=name, usage=usage) for name in settings.OPENAI_PRICES if name != "*"]
    assert call.cost_micros > max(known)


def test_the_months_sum_is_the_sum_of_its_calls(standins):
    for number in range(3):
        make(make_medicine(f"20990050{number}"))
    total = ModelCall.objects.aggregate(total=Sum("cost_micros"))["total"]
    assert ModelMonth.objects.get().cost_micros == total > 0


def test_a_month_begins_in_seoul():
    assert ledger.month_of(datetime(2026, 10, 31, 14, 59, tzinfo=UTC)) == "2026-10"
    assert ledger.month_of(datetime(2026, 10, 31, 15, 0, tzinfo=UTC)) == "2026-11"


def test_each_threshold_is_told_once_a_month(settings, caplog):
    settings.OPENAI_MONTHLY_BUDGET_USD = 10
    for dollars, told in ((4, []), (1.5, [50]), (1, [50]), (4, [50, 80, 100]), (1, [50, 80, 100])):
        spend(dollars)
        events = AuditEvent.objects.filter(action="model_budget_threshold", target=THIS_MONTH).order_by("pk")
        assert [event.details["percent"] for event in events] == told
    assert sum("Model budget" in record.message for record in caplog.records) == 3
    assert metrics.budget_spent._value.get() == pytest.approx(1.15)


def test_past_the_budget_readers_get_the_extractive_text(standins, medicine, settings):
    settings.OPENAI_MONTHLY_BUDGET_USD = 0.01
    spend(0.01)
    response = Client().get(reverse("summary", args=[medicine.item_seq]))
    assert (response.status_code, response.json()["kind"]) == (200, "extractive")
    assert standins.calls("openai")["chat.completions"] == 0
    assert not Summary.objects.exists()


def test_a_queued_text_waits_for_money_without_losing_an_attempt(standins, medicine, settings):
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword="")
    settings.OPENAI_MONTHLY_BUDGET_USD = 0
    assert services.generate(kind=kind, pk=pk) == "skipped"
    row = Summary.objects.get()
    assert (row.work, row.error, row.attempts) == ("failed", "budget", 0)
    assert services.sweep() == []
    settings.OPENAI_MONTHLY_BUDGET_USD = 8
    Summary.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert services.sweep() == [("summary", pk)]
    assert services.generate(kind=kind, pk=pk) == "done"


def test_workers_overshoot_by_the_calls_in_flight_at_most(standins, settings):
    """Four workers, twelve texts, money for two: at most two and the four in flight."""
    claims = [
        services.claim(label=label_text(item_seq=make_medicine(f"2099006{n:02}").item_seq), keyword="")
        for n in range(12)
    ]
    services.generate(kind=claims[0][0], pk=claims[0][1])
    cost = ModelCall.objects.get().cost_micros
    settings.OPENAI_MONTHLY_BUDGET_USD = 2 * cost / 1_000_000
    standins.set("completion_seconds", 0.2)

    def work(claimed):
        try:
            return services.generate(kind=claimed[0], pk=claimed[1])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        outcomes = list(workers.map(work, claims[1:]))
    made = outcomes.count("done") + 1
    assert 2 <= made <= 2 + 4
    assert outcomes.count("skipped") == 12 - made
    assert ModelMonth.objects.get().cost_micros == ModelCall.objects.aggregate(total=Sum("cost_micros"))["total"]


def test_old_calls_are_purged_and_the_sums_stay(settings):
    spend(1)
    ModelCall.objects.update(at=timezone.now() - ledger.KEPT - timedelta(days=1))
    spend(1)
    assert ledger.purge_calls() == 1
    assert ModelMonth.objects.get().cost_micros == 2_000_000
