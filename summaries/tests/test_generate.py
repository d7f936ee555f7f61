"""Making a text with the model, over real HTTP: what is stored, and what every fault of the model leads to."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from core import breaker
from medicines.models import MedicineCache
from medicines.selectors.label_text import label_text
from summaries import prompts, selectors, services
from summaries.completions import MOST_TOKENS, read_usage
from summaries.models import MODELS, CustomSummary, Summary
from summaries.tests.factories import make_medicine, set_label

pytestmark = pytest.mark.django_db(transaction=True)


def make(medicine, keyword=""):
    """Claim and generate in this process: the outcome and the row."""
    claimed = services.claim(label=label_text(item_seq=medicine.item_seq), keyword=keyword)
    kind, pk = claimed
    return services.generate(kind=kind, pk=pk), MODELS[kind].objects.get(pk=pk)


def read(medicine, keyword=""):
    return selectors.read(item_seq=medicine.item_seq, keyword=keyword).body


def written(body, name):
    return [s["text"] for section in body["sections"] if section["name"] == name for s in section["sentences"]]


def answer(standins, *sentences):
    """Let the stand-in's model say exactly this: (section, text, ids)."""
    content = [{"section": section, "text": text, "source": list(ids)} for section, text, *ids in sentences]
    standins.set_fault("openai", "content", content=json.dumps({"sentences": content}, ensure_ascii=False))


def test_a_text_by_the_model_is_stored_and_shown(standins, medicine):
    outcome, row = make(medicine)
    body = read(medicine)
    assert (outcome, row.state, row.prompt_version, row.model) == ("done", "auto", prompts.VERSION, "gpt-6-luna")
    assert row.tokens_in > row.tokens_out > 0
    assert (body["status"], body["kind"], body["label_notice"]) == ("ready", "ai", selectors.AI_NOTICE)
    assert written(body, "effect") == ["두통, 발열에 쓰는 약이에요."]
    assert body["model"] == "gpt-6-luna"


def test_the_vendor_is_asked_as_it_should_be(standins, medicine):
    make(medicine)
    body = standins.last_requests("openai")[-1].json()
    assert body["store"] is False
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["max_completion_tokens"] > 0
    assert not {"max_tokens", "temperature", "stream"} & body.keys()
    assert medicine.name not in json.dumps(body, ensure_ascii=False)


def test_the_keyword_is_never_sent(standins, medicine):
    make(medicine, "임산부")
    assert "임산부" not in json.dumps(standins.last_requests("openai")[-1].json(), ensure_ascii=False)
    row = CustomSummary.objects.get()
    assert (row.medicine_name, row.search_keyword) == (medicine.name, "임산부")
    assert "임부는" in row.custom_summary


def test_the_card_gets_the_first_effect(standins, medicine):
    make(medicine)
    label = MedicineCache.objects.get(medicine=medicine)
    assert (label.efcy_summary, label.summary_kind) == ("두통, 발열에 쓰는 약이에요.", "ai")


def test_a_refused_sentence_gives_way_to_its_source_in_easier_words(standins, db):
    medicine = make_medicine(efficacy="이 약은 구역에 사용합니다.이 약은 기침에 사용합니다.")
    answer(
        standins,
        ("effect", "두 알씩 먹으면 구역이 나아요.", "efficacy.0"),
        ("effect", "기침에 쓰는 약이에요.", "efficacy.1"),
    )
    _, row = make(medicine)
    assert written(read(medicine), "effect") == ["이 약은 메스꺼움에 사용합니다.", "기침에 쓰는 약이에요."]
    assert row.checks["rejected"] == {"quantity": 1}
    assert row.checks["fired"][0]["detail"] == "두 알"


def test_nothing_accepted_is_extractive(standins, medicine):
    answer(standins, ("effect", "암에 쓰는 약이에요.", "efficacy.0"))
    _, row = make(medicine)
    assert read(medicine)["kind"] == "extractive"
    assert row.sections == []
    assert MedicineCache.objects.get(medicine=medicine).summary_kind == "extractive"


def test_another_products_ids_are_refused(standins, medicine):
    answer(
        standins,
        ("effect", "두통, 발열에 쓰는 약이에요.", "efficacy.7"),
        ("effect", "두통, 발열에 쓰는 약이에요.", "200000.0"),
    )
    _, row = make(medicine)
    assert row.checks["rejected"] == {"known_sources": 2}


def test_markup_is_refused(standins, medicine):
    answer(standins, ("effect", "<b>두통</b>, 발열에 쓰는 약이에요.", "efficacy.0"))
    assert make(medicine)[1].checks["rejected"] == {"markup": 1}


FAULTS = [
    ("plain_string", {}, "not_json"),
    ("empty_choices", {}, "empty"),
    ("refusal", {}, "refusal"),
    ("length", {}, "length"),
    ("content", {"content": '{"sentences": [{"section": "effect"'}, "content"),
    ("content", {"content": "안녕하세요"}, "content"),
    ("content", {"content": '{"sentences": [{"section": "dose", "text": "x", "source": []}]}'}, "content"),
    ("oversize", {"megabytes": 10}, "oversize"),
    ("truncated", {}, None),
    ("garbage", {}, "not_json"),
    ("garbage", {"shape": "null"}, "not_json"),
    ("garbage", {"shape": "list"}, "not_json"),
    ("empty", {}, "not_json"),
    ("reset", {}, None),
    ("html", {"code": 502}, "502"),
    ("server_error", {}, "500"),
    ("rate_limit", {}, "rate_limit"),
    ("rate_limit", {"retry_after": 60}, "rate_limit"),
    ("quota", {}, "insufficient_quota"),
    ("invalid_key", {}, "invalid_key"),
    ("model_not_found", {}, "no_model"),
    ("refused", {}, None),
]


@pytest.mark.parametrize(("kind", "options", "reason"), FAULTS, ids=[f"{k}-{i}" for i, (k, *_) in enumerate(FAULTS)])
def test_every_fault_of_the_model_leaves_the_extractive_text(standins, medicine, kind, options, reason):
    standins.set_fault("openai", kind, **options)
    outcome, row = make(medicine)
    body = read(medicine)
    assert outcome == "failed"
    assert row.work == Summary.Work.FAILED
    assert row.retry_at > timezone.now()
    assert row.error == reason or reason is None
    assert (body["status"], body["kind"]) == ("ready", "extractive")
    assert written(body, "usage") == ["성인은 1회 1정씩, 1일 3회 복용합니다."]


CALLS = [
    ("quota", {}, 1),
    ("invalid_key", {}, 1),
    ("refusal", {}, 1),
    ("rate_limit", {"retry_after": 60}, 1),
    ("rate_limit", {"retry_after": 0}, 2),
    ("rate_limit", {}, 2),
    ("server_error", {}, 2),
    ("model_not_found", {}, 2),
]


@pytest.mark.parametrize(("kind", "options", "calls"), CALLS)
def test_only_what_passes_is_asked_again(standins, medicine, kind, options, calls):
    standins.set_fault("openai", kind, **options)
    make(medicine)
    assert standins.calls("openai")["chat.completions"] == calls


def test_a_model_that_is_gone_gives_way_to_the_next(standins, medicine, settings):
    settings.OPENAI_MODELS = ["gpt-3.5-turbo", "gpt-5.6-luna"]
    assert make(medicine)[1].model == "gpt-5.6-luna"


def test_a_stalled_connection_ends_at_our_deadline(standins, medicine, monkeypatch):
    monkeypatch.setattr("summaries.client.READ_SECONDS", 0.2)
    monkeypatch.setattr("summaries.client._built", services.client._built.__wrapped__)
    standins.set_fault("openai", "latency", seconds=2)
    assert make(medicine)[1].error == "no answer in time"


def test_five_failures_open_the_breaker_and_readers_are_served(standins, db):
    standins.set_fault("openai", "server_error")
    for number in range(3):
        make(make_medicine(f"20990010{number}"))
    assert breaker.state("openai") == "open"
    assert not services.can_generate()
    assert read(make_medicine())["kind"] == "extractive"


def test_a_failure_is_tried_again_later_and_given_up_at_last(standins, medicine):
    standins.set_fault("openai", "refusal")
    make(medicine)
    label = label_text(item_seq=medicine.item_seq)
    assert services.claim(label=label, keyword="") is None
    Summary.objects.update(retry_at=timezone.now(), attempts=services.MAX_ATTEMPTS - 1)
    assert make(medicine)[1].work == Summary.Work.DEAD
    Summary.objects.update(retry_at=None)
    assert services.claim(label=label, keyword="") is None
    set_label(medicine, efficacy="이 약은 기침에 사용합니다.")
    assert services.claim(label=label_text(item_seq=medicine.item_seq), keyword="") is not None


def test_the_same_label_is_never_paid_for_twice(standins, medicine):
    make(medicine)
    assert services.claim(label=label_text(item_seq=medicine.item_seq), keyword="") is None
    row = Summary.objects.get()
    assert services.generate(kind="summary", pk=row.pk) == "skipped"
    assert standins.calls("openai")["chat.completions"] == 1


def test_a_redelivered_task_leaves_a_running_one_alone(standins, medicine):
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword="")
    Summary.objects.update(work="running", lease_until=timezone.now() + timedelta(minutes=1))
    assert services.generate(kind=kind, pk=pk) == "skipped"
    Summary.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert services.generate(kind=kind, pk=pk) == "done"


def test_a_text_that_ends_its_workers_is_given_up(standins, medicine):
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword="")
    died = {"work": "running", "attempts": services.MAX_ATTEMPTS, "lease_until": timezone.now() - timedelta(seconds=1)}
    Summary.objects.update(**died)
    assert services.sweep() == [(kind, pk)]
    assert services.generate(kind=kind, pk=pk) == "failed"
    assert Summary.objects.get().work == Summary.Work.DEAD
    assert services.sweep() == []
    assert standins.calls("openai").get("chat.completions", 0) == 0


def test_nul_in_an_answer_hurts_nothing(standins, medicine):
    answer(
        standins,
        ("effect", "두통, 발열에 쓰는\0 약이에요.", "efficacy.0"),
        ("effect", "\0폐렴에 쓰는 약이에요.", "effi\0cacy.0"),
    )
    outcome, row = make(medicine)
    assert (outcome, row.checks["accepted"]) == ("done", 1)
    assert written(read(medicine), "effect")[0] == "두통, 발열에 쓰는 약이에요."


def test_counts_of_tokens_stay_within_reason():
    details = {"cached_tokens": 10**18}
    usage = {"prompt_tokens": 10**15, "completion_tokens": -5, "prompt_tokens_details": details}
    read_back = read_usage(json.dumps({"usage": usage}).encode())
    assert (read_back.tokens_in, read_back.tokens_cached, read_back.tokens_out) == (MOST_TOKENS, MOST_TOKENS, 0)


def test_a_changed_label_shows_the_old_text_marked(standins, medicine):
    make(medicine)
    set_label(medicine, efficacy="이 약은 기침에 사용합니다.", usage="1회 2정 복용합니다.")
    reading = selectors.read(item_seq=medicine.item_seq)
    assert (reading.body["status"], reading.body["kind"]) == ("stale", "ai")
    assert reading.body["label_notice"].startswith(selectors.STALE_NOTICE)
    assert written(reading.body, "effect") == ["두통, 발열에 쓰는 약이에요."]
    assert written(reading.body, "usage") == ["1회 2정 복용합니다."]
    assert reading.wanted
    make(medicine)
    assert written(read(medicine), "effect") == ["기침에 쓰는 약이에요."]


def test_the_sweep_finds_changed_labels_lost_tasks_and_dead_workers(standins, db):
    changed, lost, dead, fine = (make_medicine(f"20990020{n}") for n in range(4))
    make(changed)
    make(fine)
    set_label(changed, efficacy="이 약은 기침에 사용합니다.")
    for medicine, work in ((lost, "queued"), (dead, "running")):
        _, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword="")
        Summary.objects.filter(pk=pk).update(work=work, lease_until=timezone.now() - timedelta(seconds=1))
    claimed = services.sweep()
    assert {Summary.objects.get(pk=pk).item_seq for _, pk in claimed} == {m.item_seq for m in (changed, lost, dead)}
    assert Summary.objects.get(medicine=changed).state == "stale"
    assert services.sweep() == []
    assert {services.generate(kind=kind, pk=pk) for kind, pk in claimed} == {"done"}


def test_a_reviewed_text_loses_the_ai_label(standins, medicine):
    make(medicine)
    Summary.objects.update(state="reviewed")
    body = read(medicine)
    assert (body["kind"], body["label_notice"]) == ("reviewed", None)


def test_a_rejected_text_is_not_shown(standins, medicine):
    make(medicine)
    Summary.objects.update(state="rejected")
    assert read(medicine)["kind"] == "extractive"
