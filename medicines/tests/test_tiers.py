"""The tiers behind search and detail: who answers, what drops an entry, and life without Redis or PostgreSQL."""

import threading
import time

import pytest
from django.db import connection
from django.test import Client

from core import composed, metrics, stores
from core.cache import tiers as cache
from medicines.models import MedicineCache
from medicines.selectors import lists, tiers
from medicines.selectors.answers import kept
from medicines.services import popularity
from medicines.services.summary import set_summary
from medicines.tests import catalogue

URL = "/api/v1/medicines"


@pytest.fixture(autouse=True)
def _catalogue(db):
    # A subscriber that has just connected empties the memory, which would be in the midst of a test.
    cache().subscriber.ensure()
    assert cache().subscriber.connected.wait(60)
    catalogue.load()


def find(client, q="보라매"):
    return client.get(URL, {"q": q})


def label_hash(item_seq):
    return MedicineCache.objects.get(medicine__item_seq=item_seq).source_hash


def test_each_tier_gives_the_same_bytes(client, django_assert_num_queries):
    with django_assert_num_queries(2):
        from_db = find(client)
    with django_assert_num_queries(0):
        from_memory = find(client)
        cache().memory.clear()
        from_redis = find(client)
    assert [answer["X-Cache"] for answer in (from_db, from_memory, from_redis)] == ["db", "memory", "redis"]
    assert from_db.content == from_memory.content == from_redis.content
    assert from_db["ETag"] == from_memory["ETag"] == from_redis["ETag"]


def from_redis(client):
    """As a process answers whose memory holds nothing."""
    cache().memory.clear()
    return find(client)


def round_trips(client):
    stores.cache.client.config_resetstat()
    return from_redis(client), stores.cache.client.info("commandstats")["cmdstat_mget"]["calls"]


def test_a_second_hit_in_redis_is_one_round_trip_and_the_same_answer(client, settings, monkeypatch):
    settings.THROTTLE_ENABLED = False
    monkeypatch.setattr(composed, "REFUSE_SECONDS", -1.0)
    find(client)
    put_together, before = round_trips(client)
    from_redis(client)
    whole, after = round_trips(client)
    assert before > after == 1
    assert put_together.content == whole.content
    assert put_together.headers.keys() == whole.headers.keys()
    assert (put_together["ETag"], put_together["X-Cache"]) == (whole["ETag"], whole["X-Cache"])


def test_a_whole_answer_is_of_one_page_size_host_and_spelling(client, monkeypatch):
    monkeypatch.setattr(composed, "REFUSE_SECONDS", -1.0)
    for _ in range(3):
        assert len(client.get(URL, {"q": "여울이", "limit": 2}).json()["results"]) == 2
        cache().memory.clear()
    other = client.get(URL, {"q": "여울 이", "limit": 3}, headers={"host": "127.0.0.1"}).json()
    assert (other["query"], len(other["results"]), other["next"][:17]) == ("여울 이", 3, "http://127.0.0.1/")


def test_a_whole_answer_counts_as_the_search_it_is(client, monkeypatch):
    monkeypatch.setattr(composed, "REFUSE_SECONDS", -1.0)
    counted = []
    monkeypatch.setattr(popularity, "note", lambda item_seq, address: counted.append(item_seq))
    for _ in range(4):
        from_redis(client)
    assert counted == ["100000001"] * 4


def test_a_changed_summary_ends_whole_answers(client, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(composed, "REFUSE_SECONDS", -1.0)
    for _ in range(4):
        from_redis(client)
    with django_capture_on_commit_callbacks(execute=True):
        assert set_summary(item_seq="100000001", source_hash=label_hash("100000001"), text="열을 내려요.", kind="ai")
    assert from_redis(client).json()["results"][0]["efcy_summary"] == "열을 내려요."


def test_spellings_share_one_entry(client):
    find(client, "보라매정 500mg")
    assert find(client, "보라매정 500mg ")["X-Cache"] == "memory"


def test_a_changed_summary_drops_one_card_and_no_list(
    client, django_assert_num_queries, django_capture_on_commit_callbacks
):
    find(client)
    with django_capture_on_commit_callbacks(execute=True):
        assert set_summary(item_seq="100000001", source_hash=label_hash("100000001"), text="열을 내려요.", kind="ai")
    with django_assert_num_queries(1):
        card = find(client).json()["results"][0]
    assert (card["efcy_summary"], card["summary_kind"]) == ("열을 내려요.", "ai")


def test_a_summary_of_an_older_label_is_not_stored():
    assert not set_summary(item_seq="100000001", source_hash="of another text", text="x", kind="ai")
    assert not MedicineCache.objects.exclude(efcy_summary="").exists()


def test_a_new_product_makes_lists_old(client):
    find(client)
    catalogue.add(catalogue.record("100000098", "보라매"))
    tiers.catalogue_changed(["100000098"])
    answer = find(client)
    assert answer["X-Cache"] == "db"
    assert answer.json()["results"][0]["item_seq"] == "100000098"


def test_nothing_changed_drops_nothing(client):
    find(client)
    tiers.catalogue_changed([])
    assert find(client)["X-Cache"] == "memory"


def asks_redis(client):
    """Whether a search that is held in memory, but not as a whole answer, asks Redis for anything."""
    before = stores.cache.client.info("commandstats")["cmdstat_mget"]["calls"]
    kept()._held.clear()
    assert find(client)["X-Cache"] in ("memory", "redis", "db")
    return stores.cache.client.info("commandstats")["cmdstat_mget"]["calls"] > before


def test_a_hit_in_memory_asks_redis_nothing_also_when_redis_was_emptied(client, settings):
    settings.THROTTLE_ENABLED = False
    stores.cache.client.flushdb()
    find(client)
    # What was dropped a moment ago, by the loading above, is not kept in memory for two seconds.
    for _ in range(100):
        if not asks_redis(client):
            break
        time.sleep(0.05)
    assert not asks_redis(client)


def test_a_change_is_heard_where_none_was_known(client):
    stores.cache.client.flushdb()
    find(client)
    tiers.lists_changed()
    assert find(client)["X-Cache"] == "db"


def test_a_snapshot_outlives_the_last_cursor_by_ten_minutes(client):
    """The list ends at the latest a tenth after its time, is then held in memory, and composed into an answer."""
    find(client, "여울이")
    left = [stores.cache.client.get(key) for key in stores.cache.client.keys("*snapshot:*")]
    fresh = int.from_bytes(left[0][:4], "big") - time.time()
    assert fresh >= lists.tiers.LIST_SECONDS * 1.1 + 30 + 2 + 600 - 2


@pytest.mark.django_db(transaction=True)
def test_many_threads_ask_the_database_once(monkeypatch):
    asked, gate = [], threading.Barrier(20)

    def slow(**given):
        asked.append(given)
        return search_rows(**given)

    search_rows = lists.search_rows
    monkeypatch.setattr(lists, "search_rows", slow)
    answers = []

    def ask():
        gate.wait()
        answers.append(find(Client()).json()["results"])
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 20
    assert all(results == answers[0] for results in answers)
    assert len(asked) < 5  # one a flight; a late thread may find it landed and the cache not yet filled


def test_without_redis_memory_and_database_answer(client, killable):
    find(client)
    killable.kill()
    failures = metrics.cache_failures.labels("redis")._value.get()
    assert find(client)["X-Cache"] == "memory"
    answer = find(client, "새벽별")
    assert (answer.status_code, answer["X-Cache"]) == (200, "db")
    assert metrics.cache_failures.labels("redis")._value.get() > failures
    assert client.get(f"{URL}/100000001").status_code == 200


def test_without_redis_a_cursor_still_opens_the_same_list(client, killable):
    url = find(client, "여울이").json()["next"]
    killable.kill()
    answer = client.get(url)
    assert (answer.status_code, len(answer.json()["results"])) == (200, 10)


@pytest.fixture
def no_database(transactional_db):
    """Call it to take PostgreSQL away; it is back when the test ends."""
    settings_dict, host = connection.settings_dict, connection.settings_dict["HOST"]

    def take_away():
        connection.close()
        settings_dict["HOST"] = "/nowhere"

    yield take_away
    settings_dict["HOST"] = host
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_last_answer_is_served_as_stale(client, no_database):
    before = find(client).json()
    detail = client.get(f"{URL}/100000001").json()
    tiers.catalogue_changed(["100000050"])
    cache().memory.clear()
    no_database()
    answer = find(client)
    assert (answer.status_code, answer["X-Cache"], answer["Cache-Control"]) == (200, "stale", "no-store")
    assert answer.json() == before | {"stale": True}
    assert client.get(f"{URL}/100000001").json() == detail


@pytest.mark.django_db(transaction=True)
def test_without_the_database_a_call_for_help_is_answered(client, no_database):
    no_database()
    answer = find(client, "자살")
    assert (answer.status_code, answer["X-Cache"], answer["Cache-Control"]) == (200, "stale", "no-store")
    assert (answer.json()["results"], answer.json()["stale"]) == ([], True)
    assert answer.json()["notice"]["phones"] == ["119", "109"]


@pytest.mark.django_db(transaction=True)
def test_without_the_database_an_empty_list_sends_nobody_to_the_sources(client, no_database, sources, settings):
    settings.DATA_GO_KR_SERVICE_KEY = ""
    assert find(client, "없는이름이다").json()["results"] == []
    tiers.lists_changed()
    settings.DATA_GO_KR_SERVICE_KEY = "sandbox-key"
    no_database()
    answer = find(client, "없는이름이다")
    assert (answer.status_code, answer["X-Cache"], answer["Cache-Control"]) == (200, "stale", "no-store")
    assert (answer.json()["results"], answer.json()["stale"]) == ([], True)
    assert sources.calls("datagokr").total() == 0


@pytest.mark.django_db(transaction=True)
def test_without_the_database_old_names_are_kept_by_nobody(client, no_database):
    tiers.write_items("popular:", {"37": b'{"results":[]}'}, seconds=-5)
    no_database()
    for _ in range(2):
        answer = client.get(f"{URL}/popular?limit=37")
        assert (answer.status_code, answer["X-Cache"], answer["Cache-Control"]) == (200, "stale", "no-store")


@pytest.mark.django_db(transaction=True)
def test_without_the_database_and_a_copy_it_says_so(client, no_database):
    no_database()
    for url in (f"{URL}?q=abc", f"{URL}/100000001", f"{URL}/popular"):
        answer = client.get(url)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert int(answer["Retry-After"]) > 0
