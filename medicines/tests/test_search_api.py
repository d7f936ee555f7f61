"""GET /api/v1/medicines: answers, bad input, paging."""

import unicodedata
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from core import stores
from medicines.search.symptoms import EMERGENCY_NOTICE
from medicines.tests import catalogue

URL = "/api/v1/medicines"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _catalogue(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        catalogue.load()
        yield
        catalogue.clear()


def find(client, q, **params):
    return client.get(URL, {"q": q, **params})


def names(answer):
    return [card["item_name"] for card in answer.json()["results"]]


def test_answers_with_cards_in_order(client):
    body = find(client, "보라매").json()
    assert [card["item_seq"] for card in body["results"]] == ["100000001", "100000002"]
    assert body["results"][0]["match"]["kind"] == "exact"
    assert body["results"][0]["summary_kind"] == "extractive"
    assert body["results"][0]["efcy_summary"] == catalogue.PAIN.split(".")[0] + "."
    assert (body["query"], body["stale"], body["next"], body["notice"]) == ("보라매", False, None, None)


def test_a_card_has_the_fields_of_the_contract(client):
    card = find(client, "가람처방").json()["results"][0]
    assert card == {
        "item_seq": "100000004",
        "item_name": "가람처방정10밀리그램",
        "entp_name": "보기제약",
        "etc_otc": "전문의약품",
        "status": "active",
        "ingredients": ["로수바스타틴칼슘"],
        "efcy_summary": "",
        "summary_kind": None,
        "item_image": None,
        "coverage": "name_only",
        "match": card["match"],
    }
    assert set(card["match"]) == {"kind", "field", "score"}


NFD = unicodedata.normalize("NFD", "보라매")


@pytest.mark.parametrize("spelling", ["ㅂㄹㅁ", "qhfkao", "보라매 ", " 보라매", "보라", "보라매 ５００ｍｇ", NFD])
def test_finds_by_every_spelling(client, spelling):
    assert "보라매정500밀리그램(아세트아미노펜)" in names(find(client, spelling))


def test_tells_what_it_searched_for_instead(client):
    body = find(client, "보라메").json()
    assert body["results"][0]["match"]["kind"] == "fuzzy"
    assert body["corrected_to"] == "보라매"


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "q=",
        "q=%20%20",
        "q=%E2%80%8B",
        "q=" + quote("가" * 101),
        "q=" + quote("가" * 350_000),
        "q=%00",
        "q=a%00b",
        "q=%ED%A0%80",
        "q=%FF%FE",
        "q=%EA%B0",
        "q=a&q=b",
        "q=a&limit=0",
        "q=a&limit=51",
        "q=a&limit=-1",
        "q=a&limit=ten",
        "q=a&limit=1.5",
        "q=a&limit=",
        "q=a&limit=%EF%BC%91",
        "q=a&limit=1_0",
        "q=a&limit=" + "9" * 5_000,
        "q=a&limit=5&limit=5",
        "q=a&cursor=",
        "q=a&cursor=nonsense",
        "q=a&cursor=" + quote("가나다"),
        "q=a&cursor=%00",
        "q=a&curser=1",
        "limit=5",
        "&".join(f"a{n}=1" for n in range(1_000)),
    ],
)
def test_bad_input_is_a_problem_in_korean(client, query_string):
    answer = client.get(f"{URL}?{query_string}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/invalid-query"
    assert any("가" <= char <= "힣" for char in problem["detail"])
    assert problem["errors"]


@pytest.mark.parametrize(
    "q",
    ["%", "_", "\\", "%%%", "%_%", "'", '"', "''; DROP TABLE medicine; --", "<script>alert(1)</script>", "😀", "a'b",
     "()", "(", "$$", "{}", "[", "*", "?", "+", "../../etc/passwd", "ㅎ" * 100, "뷁" * 100],
)  # fmt: skip
def test_odd_input_finds_nothing_and_lists_nothing(client, q):
    answer = find(client, q)
    assert answer.status_code == 200
    assert answer.json()["results"] == []


def test_an_emergency_gets_the_fixed_notice(client):
    notice = find(client, "약을 너무 많이 먹었어요").json()["notice"]
    assert notice == {"kind": "emergency", "text": EMERGENCY_NOTICE, "phones": ["119", "109"]}


def test_pages_join_without_a_gap(client):
    seen, previous, url = [], [], f"{URL}?q={quote('여울이')}&limit=7"
    while url:
        body = client.get(url).json()
        seen += [card["item_seq"] for card in body["results"]]
        previous.append(body["previous"])
        url = body["next"]
    assert len(seen) == len(set(seen)) == 30
    assert previous[0] is None
    assert len(client.get(previous[-1]).json()["results"]) == 7


def test_pages_stay_as_they_were_when_the_catalogue_changes(client):
    first = find(client, "여울이", limit=10).json()
    everything = [card["item_seq"] for card in find(client, "여울이", limit=50).json()["results"]]
    catalogue.add(catalogue.record("100000099", "여울이"))
    second = client.get(first["next"]).json()
    assert [card["item_seq"] for card in second["results"]] == everything[10:20]


def cursor_of(url):
    return parse_qs(urlsplit(url).query)["cursor"][0]


def test_a_cursor_of_another_query_opens_nothing(client):
    cursor = cursor_of(find(client, "여울이", limit=5).json()["next"])
    answer = find(client, "보라매", cursor=cursor)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/cursor-expired")


def test_a_tampered_cursor_is_refused(client):
    cursor = cursor_of(find(client, "여울이", limit=5).json()["next"])
    answer = find(client, "여울이", cursor=cursor.replace(".5~", ".6~"))
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


def test_an_expired_cursor_says_so(client):
    url = find(client, "여울이", limit=5).json()["next"]
    stores.cache.client.flushdb()
    answer = client.get(url)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/cursor-expired")


@pytest.mark.parametrize("held", ["{}", "W/{}", '"other", {}', "*"])
def test_unchanged_answers_are_not_sent_again(client, held):
    first = find(client, "보라매")
    again = client.get(URL, {"q": "보라매"}, headers={"If-None-Match": held.format(first["ETag"])})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_headers_tell_how_it_was_answered(client):
    answer = find(client, "보라매")
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Cache"] == "db"
    assert answer["Server-Timing"].startswith("db;dur=")
    assert "max-age" in answer["Cache-Control"]
    assert answer["RateLimit-Limit"]
    assert answer["X-Request-ID"]


def test_head_is_get_without_a_body(client):
    answer = client.head(URL, {"q": "보라매"})
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_other_methods_are_refused(client, method):
    answer = getattr(client, method)(URL)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
