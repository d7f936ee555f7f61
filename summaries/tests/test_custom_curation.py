"""Curators and what labels say about a keyword: the same queue, steps and history as for whole labels."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from core import stores
from medicines.models import Medicine
from medicines.selectors.label_text import label_text
from ops.models import AuditEvent
from summaries import review, selectors, services
from summaries.grounding import Claim
from summaries.models import CustomSummary, CustomSummaryRevision, SummaryRevision
from summaries.queue import queue
from summaries.tests.curation import make_curator, make_text
from summaries.tests.factories import make_medicine, set_label

pytestmark = pytest.mark.django_db(transaction=True)

KEYWORD = "구토"
SENTENCES = [
    ("side_effect", "토하면 바로 복용을 멈추고 의사나 약사와 상의하세요.", "side_effect.1"),
    ("side_effect", "두 번 토하면 복용을 멈추세요.", "side_effect.1"),
]


@pytest.fixture(autouse=True)
def _plain_files(settings):
    """Without collected files, which only a deployment has."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


def make_custom(medicine, standins, keyword=KEYWORD, sentences=SENTENCES):
    content = [{"section": section, "text": text, "source": [id_]} for section, text, id_ in sentences]
    standins.set_fault("openai", "content", content=json.dumps({"sentences": content}, ensure_ascii=False))
    kind, pk = services.claim(label=label_text(item_seq=medicine.item_seq), keyword=keyword)
    assert services.generate(kind=kind, pk=pk) == "done"
    standins.reset()
    return CustomSummary.objects.get(pk=pk)


@pytest.fixture
def row(standins, medicine):
    return make_custom(medicine, standins)


@pytest.fixture
def curator(client, db):
    client.force_login(make_curator("curator", "change_customsummary"))
    return client


def url(name, *args):
    return reverse(f"admin:summaries_customsummary_{name}", args=args)


def current(row):
    return CustomSummary.objects.get(pk=row.pk)


def press(client, name, row, **data):
    return client.post(url(name, row.pk), {"version": current(row).version, **data}, follow=True)


def save(client, row, *texts, **extra):
    data = {"s-TOTAL_FORMS": len(texts), "s-INITIAL_FORMS": 0, "s-MIN_NUM_FORMS": 0, "s-MAX_NUM_FORMS": 40}
    for place, text in enumerate(texts):
        data |= {f"s-{place}-section": "side_effect", f"s-{place}-text": text, f"s-{place}-source": "side_effect.1"}
    return client.post(url("edit", row.pk), data | {"version": current(row).version} | extra)


def reader(row, keyword=KEYWORD):
    return Client().get(reverse("summary", args=[row.item_seq]), {"keyword": keyword}).json()


def test_the_queue_has_one_line_a_keyword_the_risky_first(curator, standins, medicine):
    vomiting = make_custom(medicine, standins)
    pregnancy = make_custom(medicine, standins, "임산부", [("advice", "임부는 먹지 마세요.", "precaution.0")])
    read = make_custom(make_medicine("209900003", "인기정"), standins)
    Medicine.objects.filter(pk=read.medicine_id).update(popularity=6)
    assert [row.pk for row in queue("custom").order_by("-priority")] == [read.pk, pregnancy.pk, vomiting.pk]
    page = curator.get(url("changelist")).content.decode()
    assert page.index("인기정") < page.index("임산부</td>") < page.rindex("구토</td>")
    only = curator.get(url("changelist"), {"q": "임산부"}).content.decode()
    assert "인기정" not in only


def test_the_compare_page_shows_the_keywords_sentences_and_the_rules_that_fired(curator, row):
    page = curator.get(url("change", row.pk)).content.decode()
    assert "‘구토’" in page
    assert "토하면 바로 복용을 멈추고" in page
    assert "<mark>구토가 나타나는 경우 복용을 즉각 중지하고" in page
    assert "수나 양을 씀" in page
    assert "두통, 발열에 사용합니다" not in page


def test_approval_reaches_the_reader_at_once_and_that_keyword_alone(curator, row, medicine, standins):
    whole = make_text(medicine, standins)
    assert (reader(row)["kind"], reader(row)["label_notice"]) == ("ai", selectors.AI_NOTICE)
    assert "승인했습니다" in press(curator, "approve", row).content.decode()
    assert (reader(row)["kind"], reader(row)["label_notice"]) == ("reviewed", None)
    assert selectors.read(item_seq=whole.item_seq).body["kind"] == "ai"


def test_a_rejected_text_gives_way_to_the_labels_words_and_is_not_made_anew(curator, row):
    assert "까닭을 적어" in press(curator, "reject", row).content.decode()
    press(curator, "reject", row, reason="뜻이 달라요.")
    body = reader(row)
    assert (body["kind"], current(row).state) == ("extractive", "rejected")
    assert "즉각 중지하고" in json.dumps(body["sections"], ensure_ascii=False)
    assert services.claim(label=label_text(item_seq=row.item_seq), keyword=KEYWORD) is None


def test_regenerate_makes_that_keywords_text_anew(curator, row, standins):
    press(curator, "reject", row, reason="뜻이 달라요.")
    press(curator, "regenerate", row)
    assert (current(row).work, stores.broker.client.llen("people")) == ("queued", 1)
    assert services.generate(kind="custom", pk=row.pk) == "done"
    assert standins.calls("openai")["chat.completions"] == 1
    assert current(row).state == "auto"


def test_an_edit_passes_the_gate_or_is_vouched_for_and_is_kept(curator, row):
    refused = save(curator, row, "감기로 토하면 바로 복용을 멈추고 의사나 약사와 상의하세요.")
    assert refused.status_code == 422
    token = refused.content.decode().split('name="s-0-confirm" value="')[1].split('"')[0]
    bold = "감기로 토하면 바로 복용을 멈추고 의사나 약사와 상의하세요."
    assert save(curator, row, bold, **{"s-0-confirm": token, "approve": "1"}).status_code == 302
    assert (current(row).state, reader(row)["kind"]) == ("reviewed", "reviewed")
    assert bold in current(row).custom_summary
    step = CustomSummaryRevision.objects.get()
    assert (step.actor.username, step.action, step.confirmed[0]["text"]) == ("curator", "approve", bold)
    assert "확인하고 넘긴 문장" in curator.get(url("history", row.pk)).content.decode()
    assert not SummaryRevision.objects.exists()


def test_a_sentence_of_another_part_of_the_label_is_no_source(row):
    claim = Claim("effect", "두통, 발열에 써요.", ("efficacy.0",))
    curator = make_curator("second", "change_customsummary")
    with pytest.raises(review.GateRefused):
        review.edit(kind="custom", pk=row.pk, version=row.version, actor_id=curator.pk, claims=[claim])


def test_the_audit_trail_names_no_keyword(curator, row):
    press(curator, "approve", row)
    event = AuditEvent.objects.get(target=row.item_seq)
    assert event.action == "custom_summary.approve"
    assert KEYWORD not in json.dumps(event.details, ensure_ascii=False)


def test_a_changed_label_undoes_the_review_and_the_old_text_is_kept(curator, row, medicine, standins):
    press(curator, "approve", row)
    set_label(medicine, side_effect="발진이나 구토가 나타날 수 있습니다.")
    assert (reader(row)["status"], reader(row)["kind"]) == ("stale", "ai")
    services.mark_stale()
    assert services.generate(kind="custom", pk=row.pk) == "done"
    assert CustomSummaryRevision.objects.get(action="replace").before == row.sections


def test_a_label_that_is_silent_by_now_says_so_and_cannot_be_approved(curator, row, medicine):
    set_label(medicine, side_effect="발진이 나타날 수 있습니다.")
    page = curator.get(url("change", row.pk)).content.decode()
    assert "이 낱말에 대한 내용이 없다고 보임" in page
    assert "설명서가 바뀌었어요" in press(curator, "approve", row).content.decode()
    assert reader(row)["status"] == "not_mentioned"


def test_an_old_page_changes_nothing(curator, row):
    press(curator, "approve", row)
    data = {"version": row.version, "reason": "늦었어요."}
    assert "다른 분이나 자동 작업" in curator.post(url("reject", row.pk), data, follow=True).content.decode()
    assert current(row).state == "reviewed"


@pytest.mark.parametrize("name", ["changelist", "change", "history", "edit", "approve", "reject", "regenerate"])
def test_curators_of_whole_labels_alone_are_kept_out(client, row, name):
    client.force_login(make_curator("reader", "change_summary", "view_customsummary"))
    args = () if name == "changelist" else (row.pk,)
    post = name in ("approve", "reject", "regenerate")
    response = client.post(url(name, *args), {"version": 0}) if post else client.get(url(name, *args))
    assert response.status_code == 403
    assert current(row).version == row.version
