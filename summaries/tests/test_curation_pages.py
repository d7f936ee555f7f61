"""The curators' pages through Django's client: who may, what each button does, what happens to what was typed."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import stores
from medicines.models import Medicine
from summaries import prompts
from summaries.models import Summary, SummaryRevision
from summaries.queue import queue
from summaries.risk import CLASS_RISK, MOST_REFUSED_RISK
from summaries.tests.curation import make_curator, make_text
from summaries.tests.factories import make_medicine, set_label

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _plain_files(settings):
    """Without collected files, which only a deployment has."""
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


@pytest.fixture
def row(standins, medicine):
    return make_text(medicine, standins)


@pytest.fixture
def curator(client, db):
    client.force_login(make_curator())
    return client


def url(name, *args):
    return reverse(f"admin:summaries_summary_{name}", args=args)


def current(row):
    return Summary.objects.get(pk=row.pk)


def press(client, name, row, version=None, **data):
    seen = current(row).version if version is None else version
    return client.post(url(name, row.pk), {"version": seen, **data}, follow=True)


def sentences(*texts, section="effect", source="efficacy.0", **extra):
    data = {"s-TOTAL_FORMS": len(texts), "s-INITIAL_FORMS": 0, "s-MIN_NUM_FORMS": 0, "s-MAX_NUM_FORMS": 40}
    for place, text in enumerate(texts):
        data |= {f"s-{place}-section": section, f"s-{place}-text": text, f"s-{place}-source": source}
    return data | extra


def save(client, row, data, version=None):
    seen = current(row).version if version is None else version
    return client.post(url("edit", row.pk), data | {"version": seen})


def test_the_queue_shows_what_is_read_much_and_risky_first(curator, standins):
    quiet = make_text(make_medicine("209900001", "조용정"), standins)
    risky = make_text(make_medicine("209900002", "위험정"), standins)
    read = make_text(make_medicine("209900003", "인기정"), standins)
    Medicine.objects.filter(pk=risky.medicine_id).update(etc_otc="전문의약품")
    Medicine.objects.filter(pk=read.medicine_id).update(popularity=6)
    page = curator.get(url("changelist")).content.decode()
    assert page.index("인기정") < page.index("위험정") < page.index("조용정")
    found = {row.item_seq: row for row in queue()}
    # 1, a refused sentence, and the classes 임부 2, 나이 2, 금기 1, 중단 1, 병용 1, 음주 1.
    assert found[quiet.item_seq].risk == 10
    assert found[risky.item_seq].risk == 12
    assert found[read.item_seq].priority == 7 * 10


def test_the_queue_is_one_query_and_filters_and_finds(curator, standins):
    rows = [make_text(make_medicine(f"20990000{n}", f"찾기{n}정"), standins) for n in range(3)]
    press(curator, "approve", rows[0])
    with CaptureQueriesContext(connection) as queries:
        list(queue().order_by("-priority"))
    assert len(queries) == 1
    reviewed = curator.get(url("changelist"), {"state__exact": "reviewed"}).content.decode()
    assert "찾기0정" in reviewed
    assert "찾기1정" not in reviewed
    for wanted in ("찾기2정", "209900002"):
        found = curator.get(url("changelist"), {"q": wanted}).content.decode()
        assert "찾기2정" in found
        assert "찾기1정" not in found


def test_a_changed_label_raises_the_risk(curator, row, medicine):
    before = queue().get(pk=row.pk).risk
    Summary.objects.filter(pk=row.pk).update(state="stale")
    assert queue().get(pk=row.pk).risk == before + 3


def test_the_compare_page_shows_sentence_source_and_rule(curator, row):
    page = curator.get(url("change", row.pk)).content.decode()
    assert "두통, 발열에 쓰는 약이에요." in page
    assert "<mark>이 약은 두통, 발열에 사용합니다.</mark>" in page
    assert "두 알씩 먹으면 두통이 나아요." in page
    assert "수나 양을 씀" in page
    assert "성인은 1회 1정씩, 1일 3회 복용합니다." in page
    assert row.model in page
    assert row.prompt_version in page
    assert f"입력 {row.tokens_in}" in page


def test_the_pages_hold_no_script_or_style_of_their_own(curator, row):
    press(curator, "approve", row)
    for name in ("change", "edit", "history"):
        response = curator.get(url(name, row.pk))
        assert "unsafe-inline" not in response["Content-Security-Policy"]
        page = response.content.decode()
        assert "style=" not in page.split("curation", 1)[1]
        assert "<script>" not in page
        assert " onclick=" not in page


def test_approve(curator, row, client):
    page = press(curator, "approve", row).content.decode()
    assert "승인했습니다" in page
    assert current(row).state == "reviewed"
    body = Client().get(reverse("summary", args=[row.item_seq])).json()
    assert (body["kind"], body["label_notice"]) == ("reviewed", None)


def test_reject_needs_a_reason(curator, row):
    assert "까닭을 적어" in press(curator, "reject", row).content.decode()
    assert current(row).state == "auto"
    press(curator, "reject", row, reason="효능이 좁아요.")
    assert current(row).state == "rejected"
    assert SummaryRevision.objects.get().reason == "효능이 좁아요."


def test_regenerate_sends_one_task_for_people(curator, row):
    press(curator, "regenerate", row)
    assert current(row).work == "queued"
    assert stores.broker.client.llen("people") == 1


def test_an_old_page_changes_nothing(curator, row):
    press(curator, "approve", row)
    page = press(curator, "reject", row, version=row.version, reason="늦었어요.").content.decode()
    assert "다른 분이나 자동 작업이 이 글을 바꿨어요" in page
    assert current(row).state == "reviewed"


def test_edit_and_approve_in_one_step(curator, row):
    assert save(curator, row, sentences("두통, 발열에 써요.", approve="1")).status_code == 302
    assert current(row).state == "reviewed"
    assert [s["text"] for s in current(row).sections] == ["두통, 발열에 써요."]


def test_a_refused_edit_names_the_rules_and_keeps_the_words(curator, row):
    response = save(curator, row, sentences("감기에 쓰는 약이에요."))
    page = response.content.decode()
    assert response.status_code == 422
    assert "감기에 쓰는 약이에요." in page
    assert "원문에 없는" in page
    token = page.split('name="s-0-confirm" value="')[1].split('"')[0]
    assert save(curator, row, sentences("감기에 쓰는 약이에요.") | {"s-0-confirm": token}).status_code == 302
    assert SummaryRevision.objects.get().confirmed[0]["text"] == "감기에 쓰는 약이에요."
    assert "확인하고 넘긴 문장" in curator.get(url("history", row.pk)).content.decode()


def test_a_link_cannot_be_confirmed(curator, row):
    page = save(curator, row, sentences("두통에 써요. www.a.kr")).content.decode()
    assert "확인으로 넘길 수 없어요" in page
    assert "-confirm" not in page


def test_copied_sections_cannot_be_edited(curator, row):
    assert save(curator, row, sentences("하루에 먹어요.", section="usage", source="usage.0")).status_code == 400
    assert not SummaryRevision.objects.exists()


def test_of_two_editors_the_second_keeps_their_words(curator, row):
    seen = row.version
    save(curator, row, sentences("두통, 발열에 써요."))
    response = save(curator, row, sentences("발열, 두통에 쓰는 약이에요."), version=seen)
    page = response.content.decode()
    assert response.status_code == 409
    assert "발열, 두통에 쓰는 약이에요." in page
    assert "두통, 발열에 써요." in page
    assert f'name="version" value="{current(row).version}"' in page
    assert save(curator, row, sentences("발열, 두통에 쓰는 약이에요.")).status_code == 302


def test_an_edit_of_a_stale_text_starts_from_the_new_label(curator, row, medicine):
    set_label(medicine, efficacy="이 약은 기침에 사용합니다.")
    page = curator.get(url("change", row.pk)).content.decode()
    assert "지금 설명서에는 없는 문장이에요." in page
    assert "설명서가 바뀌었어요" in page
    form = curator.get(url("edit", row.pk)).content.decode()
    assert "side_effect.0" in form
    assert "이 약은 기침에 사용합니다." in form


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"version": "x"},
        {"version": "1", "s-TOTAL_FORMS": "-1", "s-INITIAL_FORMS": "0"},
        {"version": "1", "s-TOTAL_FORMS": "99999999", "s-INITIAL_FORMS": "0"},
        {"version": "0", **sentences("가" * 301)},
        {"version": "0", **sentences("두통에 써요.\0")},
    ],
)
def test_hostile_forms_are_refused(curator, row, data):
    assert curator.post(url("edit", row.pk), data).status_code == 400
    assert current(row).version == row.version


def test_what_curators_write_is_never_markup(curator, row):
    page = save(curator, row, sentences("<script>alert(1)</script>")).content.decode()
    assert "<script>alert" not in page


@pytest.mark.parametrize("name", ["approve", "reject", "regenerate"])
def test_buttons_answer_to_post_only(curator, row, name):
    assert curator.get(url(name, row.pk)).status_code == 405


@pytest.mark.parametrize("name", ["approve", "reject", "regenerate", "edit"])
def test_csrf_is_asked_of_every_button(row, name):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_curator())
    assert strict.post(url(name, row.pk), {"version": 0, "reason": "x"}).status_code == 403
    assert current(row).version == row.version


@pytest.mark.parametrize("name", ["changelist", "change", "history", "edit", "approve", "reject", "regenerate"])
def test_staff_without_the_permission_are_kept_out(client, row, name):
    client.force_login(make_curator("reader", "view_summary"))
    args = () if name == "changelist" else (row.pk,)
    post = name in ("approve", "reject", "regenerate")
    response = client.post(url(name, *args), {"version": 0}) if post else client.get(url(name, *args))
    assert response.status_code == 403
    assert current(row).version == row.version


def test_strangers_are_sent_to_the_login(client, row):
    assert "/admin/login/" in client.post(url("approve", row.pk), {"version": 0})["Location"]


@pytest.mark.parametrize("pk", ["0", "999999", "abc", "9" * 30])
def test_an_unknown_summary_is_not_found(curator, db, pk):
    assert curator.get(f"/admin/summaries/summary/{pk}/change/").status_code == 404


def test_no_row_of_the_queue_has_its_json_opened():
    """Every row is read to find the first ones: what their JSON says stands in a column, filled by the database."""
    for kind in ("summary", "custom"):
        sql = str(queue(kind).order_by("-priority", "pk")[:50].query)
        assert '"own_risk" +' in sql
        assert "jsonb" not in sql
        assert not re.search(r"checks\W+(->|\?)", sql)


def test_a_page_of_the_queue_is_ranked_by_the_narrow_index(curator):
    """Two pages follow each other, and to find their rows no text is read."""
    for number in range(120):
        medicine = make_medicine(f"2098{number:05}", f"줄{number}정")
        Medicine.objects.filter(pk=medicine.pk).update(popularity=number % 7)
        Summary.objects.create(
            medicine=medicine, item_seq=medicine.item_seq, prompt_version=prompts.VERSION, source_hash="x"
        )
    with CaptureQueriesContext(connection) as queries:
        pages = [curator.get(url("changelist"), {"p": number}).context["cl"].result_list for number in (1, 2)]
    shown = [row.pk for page in pages for row in page]
    assert shown == list(queue().order_by("-priority", "pk").values_list("pk", flat=True))[:100]
    ranking = next(query["sql"] for query in queries if "own_risk" in query["sql"] and "LIMIT 50" in query["sql"])
    assert '"sections"' not in ranking
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {ranking}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Index Only Scan using idx_summary_queue on summary" in plan


@pytest.mark.parametrize(
    ("checks", "risk"),
    [
        ({}, 1),
        ({"fired": [], "coverage": {"storage": [1, 1]}}, 1),
        ({"fired": [{"rule": "quantity"}] * 9, "coverage": {}}, 1 + MOST_REFUSED_RISK),
        ({"coverage": {"pregnancy": [1, 1], "alcohol": [0, 2]}}, 4),
        ({"coverage": {name: [1, 1] for name in CLASS_RISK}}, 1 + sum(CLASS_RISK.values())),
    ],
)
def test_the_database_computes_a_texts_own_risk(medicine, checks, risk):
    row = Summary.objects.create(medicine=medicine, item_seq=medicine.item_seq, prompt_version="x", checks=checks)
    assert row.own_risk == risk
    Summary.objects.update(checks={"fired": [{"rule": "quantity"}]})
    row.refresh_from_db()
    assert row.own_risk == 2
