"""`/`: what is found, how it is said, and what cannot be searched for."""

import html
import re

import pytest

from core import stores
from medicines.tests import catalogue

pytestmark = pytest.mark.django_db
STRANGE = "<script>alert(1)</script>"


@pytest.fixture(autouse=True, scope="module")
def _catalogue(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        catalogue.load()
        yield
        catalogue.clear()


def find(client, q, status=200, **params):
    answer = client.get("/", {"q": q, **params})
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def links(page):
    return re.findall(r'<h3><a href="(/medicines/\d+)">', page)


def test_cards_in_the_searchs_order(browser):
    page = find(browser, "보라매")
    assert links(page) == ["/medicines/100000001", "/medicines/100000002"]
    for shown in ("보기제약", "이름이 같아요", catalogue.PAIN.split(".")[0]):
        assert shown in page
    assert "혹시" not in page


def test_a_similar_name_is_never_passed_off_as_the_wanted_one(browser):
    page = find(browser, "보라메")
    assert "혹시" in page
    assert "꼭 확인하세요" in page
    assert 'class="badge warn">비슷한 이름' in page


def test_a_prescription_medicine_is_told_apart(browser):
    assert 'class="badge rx">전문의약품' in find(browser, "가람처방")


def test_the_next_page_and_back(browser):
    first = find(browser, "여울이")
    assert len(links(first)) == 20
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    second = browser.get(following).content.decode()
    assert len(links(second)) == 10
    assert not set(links(first)) & set(links(second))
    back = html.unescape(re.search(r'rel="prev" href="([^"]+)"', second)[1])
    assert links(browser.get(back).content.decode()) == links(first)


@pytest.mark.parametrize("cursor", ["made-up", "x" * 3_000])
def test_an_old_or_made_up_page_starts_again(browser, cursor):
    page = find(browser, "여울이", cursor=cursor)
    assert "처음부터 다시 찾았어요" in page
    assert len(links(page)) == 20


def test_a_forgotten_page_starts_again(browser):
    first = find(browser, "여울이")
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    stores.cache.client.flushdb()
    assert "처음부터 다시 찾았어요" in browser.get(following).content.decode()


def test_nothing_found_is_said_kindly(browser):
    page = find(browser, "뷁뷁뷁")
    assert "맞는 약을 찾지 못했어요" in page
    assert links(page) == []


def test_a_call_for_help_is_answered_first(browser):
    page = find(browser, "약을 너무 많이 먹었어요")
    assert 'href="tel:119"' in page.split("<footer>")[0]
    assert "찾지 못했어요" not in page


HOSTILE = (STRANGE, '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "';--", "%00", "정\u202e정", "😀" * 20)


@pytest.mark.parametrize("q", HOSTILE)
def test_whatever_is_typed_is_shown_as_text(browser, q):
    page = find(browser, q)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert f'value="{html.escape(q)}"' in page


@pytest.mark.parametrize(
    ("q", "told"), [("가" * 101, "100자까지"), ("가" * 3_000, "100자까지"), ("a\0b", "쓸 수 없는 문자")]
)
def test_what_cannot_be_searched_for_is_told_beside_the_field(browser, q, told):
    page = find(browser, q, status=400)
    assert told in page
    assert 'aria-invalid="true"' in page
    assert "가" * 201 not in page


def test_bytes_that_are_no_text(browser):
    assert browser.get("/?q=%ff%fe").status_code == 200
    assert browser.get("/?q=%ed%a0%80").status_code == 200


def test_ten_megabytes_are_refused_kindly(browser):
    page = browser.post("/", {"q": "가" * 4_000_000})
    assert page.status_code == 413
    assert "보낸 내용이 너무 커요." in page.content.decode()


def test_parameters_of_others_are_no_fault(browser):
    assert links(find(browser, "보라매", utm_source="a", fbclid="b"))[0] == "/medicines/100000001"


def test_before_anything_is_typed(browser):
    page = browser.get("/").content.decode()
    assert "증상으로 찾기" in page
    assert 'aria-describedby="q-help"' in page


def test_a_source_that_is_down_is_not_no_such_medicine(browser, settings):
    settings.DATA_GO_KR_SERVICE_KEY = "sandbox-key"
    settings.DATA_GO_KR_BASE_URL = "http://127.0.0.1:9"
    page = find(browser, "없는이름이다", status=503)
    assert "지금은 확인하지 못했어요" in page
    assert "찾지 못했어요" not in page


def test_suggestions(browser):
    page = browser.get("/suggestions", {"q": "여울"}, headers={"HX-Request": "true"}).content.decode()
    assert page.count('role="option"') == 8
    assert 'data-text="여울이정' in page
    for nothing in ("", " ", "가" * 200, "뷁뷁"):
        assert browser.get("/suggestions", {"q": nothing}).content.decode().strip() == ""
    assert "<script>" not in browser.get("/suggestions", {"q": STRANGE}).content.decode()


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("/", 1),  # popular names
        ("/?q=여울이", 2),  # the list, and the cards
        ("/?q=두통", 2),
        ("/?q=뷁뷁뷁", 1),
        ("/?q=%25", 0),
        ("/suggestions?q=여", 1),
    ],
)
def test_statements(browser, django_assert_num_queries, path, budget):
    with django_assert_num_queries(budget):
        browser.get(path)


def test_limits_are_told_on_a_page(browser, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"address": "1/minute"}
    browser.get("/")
    page = browser.get("/")
    assert page.status_code == 429
    assert page["Retry-After"]
    assert "요청이 너무 잦아요" in page.content.decode()
