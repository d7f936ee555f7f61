"""`/medicines/{item_seq}`: summary with its sources, label, scrap, and what arrives later."""

import pytest
from django.test import Client

from accounts.models import User
from core import breaker, stores
from core.cache import tiers
from medicines.models import Medicine, Scrap
from medicines.selectors.label_text import label_text
from summaries import easy_words, services, word_table
from summaries.models import GeneratedText, Summary
from summaries.tests.factories import SECTIONS, make_bare, make_medicine

pytestmark = pytest.mark.django_db
SEQ = "209900001"
URL = f"/medicines/{SEQ}"


@pytest.fixture(autouse=True)
def _fresh():
    stores.broker.client.flushdb()
    breaker.forget()
    tiers().memory.clear()
    easy_words.use(None)
    word_table._held = None


@pytest.fixture
def medicine(db):
    return make_medicine()


@pytest.fixture
def person(db):
    return User.objects.create_user(kakao_sub="1000:4815000001", nickname="연습")


def read(client, path=URL, status=200, **params):
    answer = client.get(path, params)
    assert answer.status_code == status
    return answer.content.decode()


def test_warnings_stand_first_and_each_sentence_opens_its_source(browser, medicine):
    page = read(browser)
    first, second = page.index("멈추고 물어보세요"), page.index("어떤 약인가요")
    assert first < second
    assert page.index("매일 술을 마시는 사람은 의사와 상의하십시오.") < second
    assert '<summary>실온에서 보관하십시오.</summary><blockquote class="same">설명서에 적힌 그대로예요.' in page
    assert "설명서 ‘보관하는 법’ 1번째 문장" in page
    assert "설명서의 문장" in page
    for text in SECTIONS.values():
        assert text.split(".")[0] in page


def test_warnings_are_never_folded(browser, db):
    many = "".join(f"{number}번 환자는 이 약을 복용하지 마십시오. " for number in range(1, 30))
    make_medicine(precaution=many, usage="".join(f"{number}번 먹습니다. " for number in range(1, 10)))
    page = read(browser)
    folded = page.split('<details class="more">')
    assert len(folded) == 2
    assert "3문장 더 보기" in folded[1]
    assert "29번 환자" in folded[0]


def test_label_text_runs_nowhere(browser, db):
    make_medicine(efficacy="이 약은 <script>alert(1)</script> 두통에 <b onclick=x>씁니다</b>.", name="<img src=x>정")
    page = read(browser)
    assert "<script>alert" not in page
    assert "<b onclick" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("seq", ["abc", "9" * 30, "<script>", "1.5", "１２３", "404404404"])
def test_no_such_medicine(browser, db, seq):
    assert "그런 약이 없어요" in read(browser, f"/medicines/{seq}", status=404)


def test_a_keyword_works_without_javascript(browser, medicine):
    page = read(browser, keyword="임신")
    assert "‘임신’에 대해" in page
    assert "임부는 이 약을 복용하지 마십시오" in page.split("‘임신’에 대해")[1]
    assert "내용이 없습니다" in read(browser, keyword="자전거")
    refused = read(browser, keyword="<")
    assert "2자에서 30자까지" in refused
    assert 'value="&lt;"' in refused


def test_a_keyword_with_htmx_is_a_part_alone(browser, medicine):
    part = read(browser, f"{URL}/summary", keyword="음주")
    assert "<html" not in part
    assert "술을 마시는 사람" in part
    answer = browser.get(f"{URL}/summary", {"keyword": "x"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.fixture
def model(settings):
    settings.OPENAI_API_KEY = "sandbox-key"
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9"


def test_a_pending_text_is_asked_for_once_and_arrives_by_itself(browser, medicine, model):
    page = read(browser)
    assert f'hx-get="{URL}/summary?looks=1" hx-trigger="load delay:2s"' in page
    assert "더 쉬운 글을 만들고 있어요" in page
    assert "다시 열기" in page
    row = Summary.objects.get()
    assert row.work == GeneratedText.Work.QUEUED
    part = read(browser, f"{URL}/summary", looks=1)
    assert f'hx-get="{URL}/summary?looks=2"' in part
    assert Summary.objects.get().attempts == row.attempts
    services.release(kind="summary", pk=row.pk)
    Summary.objects.update(work=GeneratedText.Work.DEAD)
    done = read(browser, f"{URL}/summary", looks=2)
    assert "hx-get" not in done
    assert "만들고 있어요" not in done


def test_it_stops_asking_at_some_time(browser, medicine, model):
    read(browser)
    assert "hx-trigger" not in read(browser, f"{URL}/summary", looks=39)
    assert "hx-trigger" not in read(browser, f"{URL}/summary", looks="many")


def test_a_label_on_its_way_opens_the_page_anew_when_it_is_there(browser, db, settings):
    make_bare(SEQ)
    page = read(browser)
    assert "설명서를 가져오고 있어요" in page
    assert "&amp;label=1" in page
    assert Medicine.objects.get().label_tried_at
    waiting = browser.get(f"{URL}/summary", {"looks": 2, "label": 1})
    assert "HX-Refresh" not in waiting
    Medicine.objects.all().delete()
    make_medicine(SEQ)
    assert browser.get(f"{URL}/summary", {"looks": 3, "label": 1})["HX-Refresh"] == "true"


def test_ai_and_reviewed_texts_are_told_apart(browser, medicine, model):
    read(browser)
    row = Summary.objects.get()
    label = label_text(item_seq=SEQ)
    sections = [{"section": "effect", "text": "머리가 아플 때 먹어요.", "source": [
        {"field": "efficacy", "index": 0, "text": SECTIONS["efficacy"]}]}]  # fmt: skip
    Summary.objects.filter(pk=row.pk).update(
        work="done", state="auto", source_hash=label.source_hash, sections=sections, lease_until=None
    )
    page = read(browser)
    assert "AI가 정리한 글" in page
    assert f"<blockquote>{SECTIONS['efficacy']}" in page
    Summary.objects.update(state="reviewed")
    tiers().memory.clear()
    stores.cache.client.flushdb()
    page = read(browser)
    assert "전문가가 확인한 글" in page
    assert "AI가 정리한 글" not in page
    Summary.objects.update(source_hash="0" * 32)
    tiers().memory.clear()
    stores.cache.client.flushdb()
    assert "설명서가 바뀌어 다시 정리하고 있어요." in read(browser)


def press(client, **form):
    return client.post(f"{URL}/scrap", form, headers={"accept": "text/html"})


def test_scrap_and_back(browser, medicine, person):
    assert "로그인하고 담아 두기" in read(browser)
    assert press(browser).status_code == 401
    browser.force_login(person)
    assert "담아 두기" in read(browser)
    for _ in range(2):
        answer = press(browser)
        assert (answer.status_code, answer["Location"]) == (302, URL)
    assert Scrap.objects.get().item_seq == SEQ
    page = read(browser)
    assert "담은 약에서 빼기" in page
    assert "담은 약에 넣었어요." in page
    for _ in range(2):
        assert press(browser, remove="yes").status_code == 302
    assert not Scrap.objects.exists()


def test_a_strangers_form_scraps_nothing(medicine, person):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    assert press(strict).status_code == 403
    assert not Scrap.objects.exists()


def test_a_login_that_ended_loses_nothing(medicine, browser):
    answer = browser.post(f"{URL}/scrap", {"remove": "", "note": "적던 글"}, headers={"origin": "http://testserver"})
    assert answer.status_code == 401
    assert 'name="note" value="적던 글"' in answer.content.decode()


def test_statements(browser, medicine, person, django_assert_num_queries):
    with django_assert_num_queries(6):  # medicine, label, postings, and for the summary medicine, label, its row
        read(browser)
    browser.force_login(person)
    with django_assert_num_queries(5):  # the person, the scrap; the summary again, which no model has finished
        read(browser)
