"""`manage.py cost_report`, from known rows and from readers that were counted."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import stores
from summaries import cost, ledger, reads
from summaries.ledger_models import ModelCall, SummaryReads
from summaries.tests.factories import make_medicine

pytestmark = pytest.mark.django_db(transaction=True)


def run(*args):
    out = StringIO()
    call_command("cost_report", *args, stdout=out)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def call(at, *, micros=500, purpose="interactive", outcome="ok"):
    values = {"model": "gpt-6-luna", "prompt_version": "1", "tokens_in": 3_000, "tokens_out": 400}
    ModelCall.objects.create(at=at, purpose=purpose, outcome=outcome, item_seq="1", cost_micros=micros, **values)


@pytest.fixture
def october(db):
    """Ten paid calls, a free failure; 10,000 readers. The neighbours of the month's ends are other months'."""
    for _ in range(8):
        call(datetime(2026, 10, 15, tzinfo=UTC))
    for _ in range(2):
        call(datetime(2026, 10, 15, tzinfo=UTC), micros=250, purpose="batch")
    call(datetime(2026, 10, 15, tzinfo=UTC), micros=0, outcome="unreachable")
    call(datetime(2026, 9, 30, 14, 59, tzinfo=UTC))
    call(datetime(2026, 10, 31, 15, 0, tzinfo=UTC))
    for tier, count in (("memory", 6_000), ("redis", 3_000), ("db", 900), ("generated", 100)):
        SummaryReads.objects.create(day=date(2026, 10, 31), tier=tier, count=count)
    SummaryReads.objects.create(day=date(2026, 11, 1), tier="memory", count=7)


def test_the_month_is_told(october):
    lines = run("--month", "2026-10")
    assert lines[0] == "Model calls in 2026-10 (Asia/Seoul)"
    assert "batch ok gpt-6-luna 2 6,000 0 800 $0.000500" in lines
    assert "interactive ok gpt-6-luna 8 24,000 0 3,200 $0.004000" in lines
    assert "interactive unreachable gpt-6-luna 1 3,000 0 400 $0.00" in lines
    assert "the process's memory 6,000 60.00 % 6,000" in lines
    assert "a text that was still to be made 100 1.00 % 0" in lines
    assert "reads that needed no call 9,900" in lines
    assert "cost $0.004500" in lines
    assert "cost per 1,000 readers $0.000450" in lines
    assert "cost without caching (each reader one call) $4.50" in lines


def test_an_empty_month_is_told_too(db):
    lines = run("--month", "2020-02")
    assert "none" in lines
    assert "cost per 1,000 readers $0.00" in lines


def test_this_month_is_the_default(db):
    assert run()[0] == f"Model calls in {ledger.month_of(timezone.now())} (Asia/Seoul)"


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-1", "november", "2026-10-01"])
def test_what_is_no_month_is_refused(db, month):
    with pytest.raises(CommandError, match="is no month"):
        run("--month", month)


def test_readers_are_counted_by_what_answered(standins, settings):
    settings.OPENAI_API_KEY = ""
    reads.flush()
    stores.cache.client.flushdb()
    medicine = make_medicine()
    for _ in range(3):
        assert Client().get(reverse("summary", args=[medicine.item_seq])).status_code == 200
    reads.flush()
    assert reads.store() == 3
    assert reads.store() == 0
    assert cost.month(ledger.month_of(timezone.now())).reads == {"memory": 0, "redis": 0, "db": 3, "generated": 0}
    reads.note("memory", 5)
    reads.note("redis", 2)
    reads.flush()
    assert reads.store() == 7
    month = cost.month(ledger.month_of(timezone.now()))
    assert (month.readers, month.saved) == (10, 10)
