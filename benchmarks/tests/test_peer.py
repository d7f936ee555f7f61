"""The peer does the product's job: it answers, caches, limits, and is seen. Real uvicorn, PostgreSQL and Valkey."""

import json
import os
from functools import partial
from urllib.parse import urlsplit

import pytest
import redis
import requests
from django.db import connection

from benchmarks.peer_site import in_database, is_up, start_uvicorn
from config.tests.running import wait_for
from medicines.tests.search_loading import loaded
from sandbox.ports import free_port
from sandbox.process import wait_until
from sandbox.standins.standins import SAMPLE

pytestmark = pytest.mark.django_db
LIMIT = 40


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("peer") / "peer.log"


@pytest.fixture(scope="module")
def cache():
    with redis.Redis.from_url(in_database(os.environ["REDIS_URL"], 7)) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(scope="module")
def address(django_db_setup, django_db_blocker, cache, log):
    """Where the peer listens, with our sample in its tables."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    servers = {"DATABASE_URL": database, "REDIS_URL": in_database(os.environ["REDIS_URL"], 7), "PEER_LIMIT": str(LIMIT)}
    with loaded(django_db_blocker, SAMPLE / "permit.jsonl", SAMPLE / "easydrug.jsonl"):
        port = free_port()
        child = start_uvicorn(os.environ | servers, port, log)
        try:
            wait_until(partial(is_up, port), child, seconds=120)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.stop()


@pytest.fixture
def ask(address, request):
    """Each test has an address, and so a limit, of its own."""
    client = {"X-Forwarded-For": f"test-{request.node.name}"}

    def get(q, **headers):
        return requests.get(f"{address}/api/v1/medicines", params={"q": q}, headers=client | headers, timeout=60)

    return get


@pytest.mark.parametrize(
    ("typed", "name", "kind"),
    [
        ("타이레놀", "타이레놀", "exact"),
        ("타이레", "타이레놀", "prefix"),
        ("ㅌㅇㄹㄴ", "타이레놀", "initials"),
        ("xkdlfpshf", "타이레놀", "exact"),
        ("타이래놀", "타이레놀", "fuzzy"),
        ("두통", "", "symptom"),
        ("두통 치통", "", "symptom"),
    ],
)
def test_it_finds_what_the_product_finds(ask, typed, name, kind):
    found = ask(typed).json()["results"]
    assert found[0]["item_name"].startswith(name)
    assert found[0]["match"]["kind"] == kind


def test_a_card_has_the_members_that_the_product_gives(ask):
    card = ask("타이레놀").json()["results"][0]
    assert set(card) == {
        "item_seq", "item_name", "entp_name", "etc_otc", "status", "ingredients", "efcy_summary", "summary_kind",
        "item_image", "coverage", "match",
    }  # fmt: skip
    assert card["efcy_summary"]


def test_the_second_answer_comes_from_redis_for_as_long_as_the_products_lists_live(ask, cache):
    first, again = ask("게보린"), ask("게보린")
    assert (first.headers["X-Cache"], again.headers["X-Cache"]) == ("db", "redis")
    assert again.content == first.content
    assert all(0 < cache.ttl(key) <= 300 for key in cache.keys("peer:page:*"))
    assert ask("게보린", **{"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_what_nobody_has_is_an_empty_list(ask):
    answer = ask("없는약이름이다")
    assert (answer.status_code, answer.json()["results"]) == (200, [])


@pytest.mark.parametrize("typed", ["", " ", "가" * 101])
def test_bad_input_is_a_problem_with_the_requests_id(ask, typed):
    answer = ask(typed)
    assert answer.status_code == 400
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_an_address_is_limited_and_another_is_not(ask):
    answers = [ask("타이레놀") for _ in range(2 * LIMIT + 1)]
    refused = [answer for answer in answers if answer.status_code == 429]
    # A minute may end on the way; then the address has as many again.
    assert refused
    assert sum(answer.ok for answer in answers) >= LIMIT
    assert int(refused[0].headers["Retry-After"]) <= 60
    assert ask("타이레놀", **{"X-Forwarded-For": "another"}).ok


def test_it_is_seen_without_the_query(ask, address, log):
    ask("비밀스러운말", **{"X-Request-ID": "abcdefgh-12345678"})
    # The line is written after the answer.
    wait_for(lambda: "abcdefgh-12345678" in log.read_text())
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    line = next(line for line in lines if line.get("request_id") == "abcdefgh-12345678")
    assert (line["route"], line["status"]) == ("/api/v1/medicines", 200)
    assert "비밀" not in log.read_text()
    metrics = requests.get(f"{address}/metrics", timeout=60).text
    assert 'peer_response_time_seconds_count{method="GET",route="/api/v1/medicines",status="200"}' in metrics
