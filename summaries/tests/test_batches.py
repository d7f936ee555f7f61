"""Batches over real HTTP: every status and fault of the vendor, and workers that die between any two steps."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import stores
from medicines.selectors.label_text import label_text
from summaries import batch_client, batches, ledger, services, tasks
from summaries.ledger_models import BatchLine, ModelCall, ModelMonth, SummaryBatch
from summaries.models import Summary
from summaries.tests.factories import make_bare, make_medicine, set_label

pytestmark = pytest.mark.django_db(transaction=True)
SEQS = [f"20990070{number}" for number in range(4)]


@pytest.fixture
def catalogue(standins, db):
    """Four medicines with labels; batches are over as soon as they are looked at."""
    standins.set("batch_seconds", 0)
    return [make_medicine(item_seq) for item_seq in SEQS]


@pytest.fixture
def submitted(catalogue):
    batch = batches.plan(item_seqs=SEQS)
    assert batches.submit(pk=batch.pk) == "submitted"
    return batch


def calls(standins, *operations):
    seen = standins.calls("openai")
    return tuple(seen[operation] for operation in operations)


def works():
    return sorted(Summary.objects.values_list("work", flat=True))


def lines():
    return sorted(BatchLine.objects.values_list("state", flat=True))


def sweep_and_make():
    return [services.generate(kind=kind, pk=pk, purpose=ledger.Purpose.NIGHTLY) for kind, pk in services.sweep()]


def age(batch, **how_long):
    SummaryBatch.objects.filter(pk=batch.pk).update(submitted_at=timezone.now() - timedelta(**how_long))


def sent():
    messages = stores.broker.client.lrange("batch", 0, -1)
    return sorted(json.loads(message)["headers"]["task"] for message in messages)


def left_at_the_vendor():
    return [file.id for file in batch_client.sdk().files.list(purpose="batch")]


def test_a_batch_brings_the_same_texts_as_direct_calls_at_half_the_price(standins, submitted):
    assert batches.collect(pk=submitted.pk) == "collected"
    assert (works(), lines()) == (["done"] * 4, ["done"] * 4)
    batched = Summary.objects.first()
    direct = make_medicine("209900799")
    services.generate_now(item_seq=direct.item_seq)
    made = Summary.objects.get(medicine=direct)
    assert (made.sections, made.checks, made.model) == (batched.sections, batched.checks, batched.model)
    half, whole = ModelCall.objects.order_by("pk").first(), ModelCall.objects.get(item_seq=direct.item_seq)
    assert (half.purpose, half.outcome, half.tokens_in) == ("batch", "ok", whole.tokens_in)
    assert half.cost_micros == -(-whole.cost_micros // 2) or half.cost_micros == (whole.cost_micros + 1) // 2
    assert calls(standins, "chat.completions", "files.create", "batches.create") == (1, 1, 1)


def test_nothing_is_left_at_the_vendor_and_nothing_reserved(submitted):
    assert submitted.reserved_micros > 0
    assert ledger.reserved_micros() == submitted.reserved_micros
    batches.collect(pk=submitted.pk)
    assert left_at_the_vendor() == []
    assert ledger.reserved_micros() == 0
    assert ModelMonth.objects.get().cost_micros == sum(ModelCall.objects.values_list("cost_micros", flat=True))


def test_readers_meanwhile_get_the_labels_words_and_start_nothing(standins, submitted):
    response = Client().get(reverse("summary", args=[SEQS[0]]))
    assert (response.status_code, response.json()["kind"]) == (200, "extractive")
    assert services.claim(label=label_text(item_seq=SEQS[0]), keyword="") is None
    assert services.sweep() == []
    assert calls(standins, "chat.completions") == (0,)
    batches.collect(pk=submitted.pk)
    assert Client().get(reverse("summary", args=[SEQS[0]])).json()["kind"] == "ai"


def test_the_same_label_is_never_asked_for_twice(standins, submitted):
    assert batches.plan(item_seqs=SEQS) is None
    batches.collect(pk=submitted.pk)
    assert batches.plan(item_seqs=SEQS) is None
    set_label(Summary.objects.get(item_seq=SEQS[1]).medicine, efficacy="이 약은 기침에 사용합니다.")
    again = batches.plan(item_seqs=SEQS)
    assert [line.summary.item_seq for line in again.lines.all()] == [SEQS[1]]


@pytest.mark.parametrize("status", ["validating", "in_progress", "finalizing"])
def test_a_batch_that_is_not_over_is_left_alone(standins, submitted, status):
    standins.set_fault("openai", "batch_stuck", status=status)
    assert batches.collect(pk=submitted.pk) == "submitted"
    assert SummaryBatch.objects.get().remote_status == status
    assert works() == ["batched"] * 4
    assert len(left_at_the_vendor()) == 1


def test_the_statuses_pass_by_the_clock(standins, submitted):
    standins.set("batch_seconds", 3600)
    remote = batch_client.retrieve(remote_id=SummaryBatch.objects.get().remote_id)
    assert (remote.status, remote.over) == ("validating", False)
    standins.set("batch_seconds", 0)
    remote = batch_client.retrieve(remote_id=remote.id)
    assert (remote.status, remote.over) == ("completed", True)


@pytest.mark.parametrize(
    ("fault", "state", "kept"),
    [
        ("batch_failed", "abandoned", 0),
        ("batch_expired", "collected", 2),
        ("batch_cancelled", "collected", 2),
        ("batch_partial", "collected", 2),
        ("output_lost", "collected", 0),
    ],
)
def test_what_a_batch_does_not_bring_is_made_directly(standins, submitted, fault, state, kept):
    standins.set_fault("openai", fault)
    assert batches.collect(pk=submitted.pk) == state
    assert (works(), lines()) == (["done"] * kept + ["queued"] * (4 - kept), ["direct"] * (4 - kept) + ["done"] * kept)
    standins.clear_faults()
    assert sweep_and_make() == ["done"] * (4 - kept)
    assert works() == ["done"] * 4
    assert calls(standins, "chat.completions") == (4 - kept,)
    assert ModelCall.objects.count() == 4
    assert left_at_the_vendor() == []


def test_a_stuck_batch_is_cancelled_after_a_day_and_its_part_is_kept(standins, submitted):
    standins.set_fault("openai", "batch_stuck", times=1, operation="batches.retrieve")
    age(submitted, hours=25, minutes=1)
    assert batches.collect(pk=submitted.pk) == "submitted"
    assert calls(standins, "batches.cancel") == (1,)
    assert batches.collect(pk=submitted.pk) == "collected"
    assert (SummaryBatch.objects.get().remote_status, lines().count("done")) == ("cancelled", 2)


def test_a_batch_that_cannot_even_be_cancelled_is_given_up(standins, submitted):
    standins.set("batch_seconds", 10_000)
    age(submitted, hours=26, minutes=1)
    assert batches.collect(pk=submitted.pk) == "abandoned"
    assert works() == ["queued"] * 4


def test_a_batch_that_the_vendor_forgot_is_given_up(standins, submitted):
    SummaryBatch.objects.update(remote_id="batch_gone")
    assert batches.collect(pk=submitted.pk) == "abandoned"
    assert works() == ["queued"] * 4


def test_strange_lines_hurt_nobody(standins, submitted):
    standins.set_fault("openai", "batch_messy")
    assert batches.collect(pk=submitted.pk) == "collected"
    assert works() == ["done"] * 4
    assert ModelCall.objects.count() == 4


@pytest.mark.parametrize(
    ("content", "finish_reason", "outcome"),
    [("{broken", "length", "bad_reply"), ("{broken", "stop", "bad_reply"), ("", "content_filter", "refused")],
)
def test_useless_answers_are_paid_and_asked_again_later(standins, submitted, content, finish_reason, outcome):
    standins.set_fault("openai", "batch_content", content=content, finish_reason=finish_reason)
    assert batches.collect(pk=submitted.pk) == "collected"
    assert (works(), lines()) == (["failed"] * 4, ["failed"] * 4)
    assert {(call.outcome, call.cost_micros > 0) for call in ModelCall.objects.all()} == {(outcome, True)}
    assert services.sweep() == []
    Summary.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    standins.clear_faults()
    assert sweep_and_make() == ["done"] * 4


def test_the_gate_judges_batched_answers_too(standins, submitted):
    sentence = {"section": "effect", "text": "두 알씩 먹으면 암이 나아요.", "source": ["efficacy.0"]}
    content = json.dumps({"sentences": [sentence]}, ensure_ascii=False)
    standins.set_fault("openai", "batch_content", content=content)
    batches.collect(pk=submitted.pk)
    assert all(row.checks["rejected"] and not row.sections for row in Summary.objects.all())
    assert Client().get(reverse("summary", args=[SEQS[0]])).json()["kind"] == "extractive"


def test_an_answer_about_an_older_label_is_not_used(standins, submitted):
    medicine = Summary.objects.get(item_seq=SEQS[0]).medicine
    set_label(medicine, efficacy="이 약은 기침에 사용합니다.")
    batches.collect(pk=submitted.pk)
    row = Summary.objects.get(medicine=medicine)
    assert (row.work, row.error, row.source_hash) == ("failed", "label_changed", "")


def test_a_label_that_changes_before_the_upload_is_left_out(standins, catalogue):
    batch = batches.plan(item_seqs=SEQS)
    set_label(catalogue[0], efficacy="이 약은 기침에 사용합니다.")
    batches.submit(pk=batch.pk)
    assert lines() == ["direct"] + ["waiting"] * 3
    assert Summary.objects.get(item_seq=SEQS[0]).work == "queued"


# --- workers that die ---


class Killed(BaseException):
    """The worker is gone: nothing of ours runs any more."""


def killed(monkeypatch, name, *, after=True):
    """The next call of a client's function does its work at the vendor and then never returns."""
    real = getattr(batch_client, name)

    def dying(**kwargs):
        monkeypatch.setattr(batch_client, name, real)
        if after:
            real(**kwargs)
        raise Killed

    monkeypatch.setattr(batch_client, name, dying)


def lease_ends():
    SummaryBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("name", ["upload", "create"])
def test_a_worker_that_dies_with_the_answer_on_its_way_is_taken_over(standins, catalogue, monkeypatch, name):
    batch = batches.plan(item_seqs=SEQS)
    killed(monkeypatch, name)
    with pytest.raises(Killed):
        batches.submit(pk=batch.pk)
    assert batches.submit(pk=batch.pk) == "skipped"
    lease_ends()
    assert batches.submit(pk=batch.pk) == "submitted"
    assert calls(standins, "files.create", "batches.create") == (1, 1)
    assert batches.collect(pk=batch.pk) == "collected"
    assert works() == ["done"] * 4


def test_a_worker_that_dies_while_collecting_uses_no_answer_twice(standins, submitted, monkeypatch):
    real, used = services.store_batched, []

    def dying(**kwargs):
        if len(used) == 2:
            raise Killed
        used.append(kwargs["pk"])
        return real(**kwargs)

    monkeypatch.setattr(services, "store_batched", dying)
    with pytest.raises(Killed):
        batches.collect(pk=submitted.pk)
    assert (lines(), ModelCall.objects.count()) == (["done"] * 2 + ["waiting"] * 2, 2)
    monkeypatch.setattr(services, "store_batched", real)
    lease_ends()
    assert batches.collect(pk=submitted.pk) == "collected"
    assert (works(), ModelCall.objects.count()) == (["done"] * 4, 4)


def test_a_step_that_has_no_time_left_goes_on_the_next_time(standins, submitted, monkeypatch):
    monkeypatch.setattr(batches, "STEP_SECONDS", -1.0)
    assert batches.collect(pk=submitted.pk) == "submitted"
    assert works() == ["batched"] * 4
    monkeypatch.setattr(batches, "STEP_SECONDS", 80.0)
    assert batches.collect(pk=submitted.pk) == "collected"


@pytest.mark.parametrize("fault", ["server_error", "quota", "reset", "invalid_key"])
def test_a_vendor_that_takes_no_batch_is_asked_five_times(standins, catalogue, fault):
    batch = batches.plan(item_seqs=SEQS)
    standins.set_fault("openai", fault)
    states = [batches.submit(pk=batch.pk) for _ in range(5)]
    assert states == ["planned"] * 4 + ["abandoned"]
    standins.clear_faults()
    assert sweep_and_make() == ["done"] * 4


def test_files_that_could_not_be_deleted_are_deleted_later(standins, submitted):
    standins.set_fault("openai", "server_error", operation="files.delete")
    assert batches.collect(pk=submitted.pk) == "collected"
    assert len(left_at_the_vendor()) == 2
    standins.clear_faults()
    assert batches.open_batches() == [(submitted.pk, "collected")]
    batches.clean(pk=submitted.pk)
    assert (left_at_the_vendor(), batches.open_batches()) == ([], [])


# --- planning ---


def test_a_batch_goes_no_further_than_the_budget(standins, catalogue, settings):
    whole = batches.plan(item_seqs=SEQS)
    each = whole.reserved_micros // 4
    services.release_batched(pks=[line.summary_id for line in whole.lines.all()])
    whole.delete()
    settings.OPENAI_MONTHLY_BUDGET_USD = (2 * each + each // 2) / 1_000_000
    batch = batches.plan(item_seqs=SEQS)
    assert batch.lines.count() == 2
    assert batches.plan(item_seqs=SEQS) is None


def test_the_night_takes_the_most_searched(standins, catalogue, settings):
    settings.SUMMARIES_PER_NIGHT = 2
    for rank, medicine in enumerate(catalogue):
        medicine.popularity = rank
        medicine.save()
    make_bare(popularity=100)
    tasks.summarize_popular()
    assert {line.summary.item_seq for line in BatchLine.objects.all()} == set(SEQS[2:])
    assert sent() == ["summaries.tasks.submit_batch", "summaries.tasks.summarize_popular"]


def test_a_night_goes_on_with_labels_that_never_had_a_text_once(standins, catalogue, settings, monkeypatch):
    settings.SUMMARIES_PER_NIGHT = 1
    monkeypatch.setattr(batches, "LINES", 2)
    make_medicine("209900791", source="permit")
    sizes = []
    while (batch := batches.plan_night()) is not None:
        sizes.append(batch.lines.count())
        batches.submit(pk=batch.pk)
        batches.collect(pk=batch.pk)
    assert sizes == [1, 2, 1]
    assert works() == ["done"] * 4
    set_label(catalogue[-1], efficacy="이 약은 기침에 사용합니다.")
    assert batches.plan_night() is None
    assert calls(standins, "chat.completions", "files.create") == (0, 3)


def test_the_whole_set_leaves_half_of_the_budget_to_those_who_wait(standins, catalogue, settings):
    whole = batches.plan(item_seqs=SEQS)
    each = whole.reserved_micros // 4
    whole.delete()
    Summary.objects.all().delete()
    settings.SUMMARIES_PER_NIGHT = 1
    settings.OPENAI_MONTHLY_BUDGET_USD = (5 * each) / 1_000_000
    assert [batches.plan_night().lines.count() for _ in range(2)] == [1, 1]
    assert batches.plan_night() is None
    assert ledger.left_micros() >= ledger.budget_micros() // 2


def test_without_a_nights_number_nothing_is_made_ahead(standins, catalogue, settings):
    settings.SUMMARIES_PER_NIGHT = 0
    tasks.summarize_popular()
    assert (SummaryBatch.objects.count(), sent()) == (0, [])


def test_beat_sends_every_open_batch_its_next_step(standins, submitted):
    batches.plan(item_seqs=[make_medicine("209900790").item_seq])
    stores.broker.client.delete("batch")
    tasks.tend_batches()
    assert sent() == ["summaries.tasks.collect_batch", "summaries.tasks.submit_batch"]


def test_the_command_plans_the_whole_set_in_batches(standins, catalogue, capsys, monkeypatch):
    monkeypatch.setattr(batches, "LINES", 3)
    make_medicine("209900791", source="permit")
    call_command("summarize_popular", "--all", "--batch")
    assert "4 of 4 in batches" in capsys.readouterr().out
    assert [batch.lines.count() for batch in SummaryBatch.objects.order_by("pk")] == [3, 1]
    call_command("summarize_popular", "--all", "--batch")
    assert "0 of 4 in batches" in capsys.readouterr().out


def test_old_batches_are_purged(standins, submitted):
    batches.collect(pk=submitted.pk)
    assert batches.purge() == 0
    SummaryBatch.objects.update(collected_at=timezone.now() - timedelta(days=31))
    assert batches.purge() == 1
    assert not BatchLine.objects.exists()
    assert Summary.objects.count() == 4
