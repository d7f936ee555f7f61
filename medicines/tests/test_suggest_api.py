"""GET /api/v1/medicines/suggest."""

import pytest

from medicines.search.keys import to_strokes
from medicines.tests import catalogue

URL = "/api/v1/medicines/suggest"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _catalogue(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        catalogue.load()
        yield
        catalogue.clear()


def test_every_key_of_a_name_is_answered(client):
    keys = to_strokes("새벽별시럽")
    for end in range(1, len(keys) + 1):
        suggestions = client.get(URL, {"q": keys[:end]}).json()["suggestions"]
        assert "새벽별시럽" in [line["text"] for line in suggestions], keys[:end]


def test_shape_and_limit(client):
    suggestions = client.get(URL, {"q": "여울", "limit": 3}).json()["suggestions"]
    assert len(suggestions) == 3
    assert set(suggestions[0]) == {"text", "item_seq", "kind"}


def test_tiers_give_the_same_bytes(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        first = client.get(URL, {"q": "여"})
    with django_assert_num_queries(0):
        second = client.get(URL, {"q": "여"})
    assert (first["X-Cache"], second["X-Cache"], first.content) == ("db", "memory", second.content)


def test_never_calls_outside(client, sources):
    assert client.get(URL, {"q": "없는이름임"}).json() == {"suggestions": []}
    assert not sources.calls("datagokr")


def test_has_a_bucket_of_its_own(client, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"suggest": "2/minute"}
    statuses = [client.get(URL, {"q": "여"}).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert client.get("/api/v1/medicines", {"q": "여울이"}).status_code == 200


@pytest.mark.parametrize("query_string", ["", "q=", "q=%00", "q=a&limit=51", "q=a&cursor=x", "q=%ED%A0%80"])
def test_bad_input_is_a_problem(client, query_string):
    answer = client.get(f"{URL}?{query_string}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


@pytest.mark.parametrize("q", ["%", "_", "\\", "😀", "'"])
def test_odd_input_lists_nothing(client, q):
    assert client.get(URL, {"q": q}).json() == {"suggestions": []}
