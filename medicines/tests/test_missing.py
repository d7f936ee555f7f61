"""L3: names that only the sources know, and what the sources' faults do."""

import threading
import time

import pytest
from django.db import connection
from django.test import Client

from core import breaker, stores
from core.cache import TwoTier
from core.cache import tiers as cache
from core.datagokr import VENDOR
from core.memory_tier import MemoryTier
from medicines.models import Medicine
from medicines.search.query import parse_query
from medicines.selectors import inspection, lists
from medicines.services import missing
from medicines.tests.factories import easy_row

URL = "/api/v1/medicines"
NAME = "판콜에이"

pytestmark = pytest.mark.django_db


def find(client, q=NAME, address="192.0.2.1"):
    return client.get(URL, {"q": q}, REMOTE_ADDR=address)


def test_a_name_that_nobody_here_knows_is_fetched_and_kept(client, sources):
    answer = find(client)
    assert (answer.status_code, answer["X-Cache"]) == (200, "api")
    assert answer.json()["results"][0]["item_name"] == "판콜에이내복액"
    assert answer.json()["results"][0]["summary_kind"] == "extractive"
    assert dict(sources.calls("datagokr")) == {"getDrbEasyDrugList": 1, "getDrugPrdtPrmsnInq07": 1}
    again = find(client)
    assert again["X-Cache"] != "api"
    assert again.json()["results"] == answer.json()["results"]
    assert sources.calls("datagokr").total() == 2


def test_the_empty_list_is_dropped_in_every_process(client, sources):
    other = TwoTier(MemoryTier(max_entries=9, max_bytes=9_999, seconds=30), cache().shared)
    other.subscriber.ensure()
    assert other.subscriber.connected.wait(60)
    key = lists._list_key(parse_query(NAME))
    other.memory.set_many({key: b"the empty list", "another": b"list"})
    assert find(client)["X-Cache"] == "api"
    for _ in range(250):
        if not other.memory.get_many([key]):
            break
        time.sleep(0.02)
    assert other.memory.get_many([key, "another"]) == {"another": b"list"}
    assert other.get(key)[1] == "redis"
    other.subscriber.stop()


def test_a_name_that_nobody_has_is_remembered(client, sources):
    for _ in range(2):
        answer = find(client, "없는이름이다")
        assert (answer.status_code, answer.json()["results"], answer.json()["stale"]) == (200, [], False)
    cache().memory.clear()
    find(Client(), "없는이름이다", address="192.0.2.2")
    assert sources.calls("datagokr").total() == 2


def test_absent_is_the_spelling_that_was_asked_and_no_other(client, serve):
    served = serve(easydrug=[easy_row("300000001", "가나다라골드정")])
    assert lists.key_of(parse_query("가나다라골드®")) == lists.key_of(parse_query("가나다라골드"))
    assert find(client, "가나다라골드®").json()["results"] == []
    assert [row["item_seq"] for row in find(client, "가나다라골드").json()["results"]] == ["300000001"]
    assert served.calls("datagokr").total() == 4


def test_the_operators_see_that_nobody_has_it(client, sources):
    find(client, "없는이름이다®")
    (mark,) = [entry for entry in inspection.entries("없는이름이다®") if entry.key.startswith("absent:")]
    assert cache().get(mark.key)


def test_a_source_is_asked_as_it_was_typed(client, serve):
    """It matches letter by letter, and many names hold a space or a capital."""
    serve(easydrug=[easy_row("300000001", "Vita 나다 골드정")])
    for typed in ("Vita  나다 골드", "나다 골드정"):
        assert [row["item_seq"] for row in find(client, typed).json()["results"]] == ["300000001"]
        Medicine.objects.all().delete()


@pytest.mark.parametrize("q", ["콜", "ㅍㅋ", "xx", "vksz", "두통", "자살하고싶어요", "콜" + "x" * 60, "100"])
def test_what_the_sources_cannot_know_is_not_asked(client, sources, q):
    assert find(client, q).status_code == 200
    assert sources.calls("datagokr").total() == 0


def test_what_is_found_here_is_not_asked(client, sources):
    find(client)
    sources.reset_calls()
    find(client, "판콜")
    find(client, "판콜에이내")
    assert sources.calls("datagokr").total() == 0


def test_without_a_key_the_catalogue_is_all_there_is(client, sources, settings):
    settings.DATA_GO_KR_SERVICE_KEY = ""
    assert find(client).json()["results"] == []
    assert sources.calls("datagokr").total() == 0


FAULTS = [
    ("status", {"code": 500}),
    ("status", {"code": 503}),
    ("garbage", {}),
    ("garbage", {"shape": "json"}),
    ("garbage", {"shape": "list"}),
    ("html", {}),
    ("plain", {}),
    ("empty", {}),
    ("truncated", {}),
    ("reset", {}),
    ("refused", {}),
    ("quota", {}),
    ("quota", {"code": 23}),
    ("key", {}),
    ("gateway_xml", {}),
    ("no_items_with_total", {}),
    ("wrong_item", {}),
]


@pytest.mark.parametrize(("kind", "options"), FAULTS)
def test_a_fault_is_never_no_such_medicine(client, sources, kind, options):
    sources.set_fault("datagokr", kind, **options)
    answer = find(client)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/source-down")
    assert int(answer["Retry-After"]) > 0
    assert not Medicine.objects.exists()
    assert not cache().get(lists.absent_key(parse_query(NAME)))


def test_a_source_that_hangs_costs_three_seconds_and_opens_no_breaker(client, sources):
    sources.set_fault("datagokr", "latency", seconds=20)
    assert find(client).status_code == 503
    assert breaker.state(VENDOR) == "closed"


def test_after_a_fault_the_name_is_found(client, sources):
    sources.set_fault("datagokr", "garbage")
    assert find(client).status_code == 503
    sources.clear_faults()
    stores.broker.client.flushdb()  # a failure is shared with those who come right after it
    assert find(client).status_code == 200


def test_one_source_is_enough(client, sources):
    sources.set_fault("datagokr", "status", code=500, operation="getDrbEasyDrugList")
    answer = find(client)
    assert (answer.status_code, answer["X-Cache"]) == (200, "api")
    assert answer.json()["results"][0]["coverage"] == "name_only"


def test_an_open_breaker_asks_nobody_and_says_so(client, sources):
    sources.set_fault("datagokr", "refused")
    for number in range(5):
        find(client, f"없는이름{'가나다라마'[number]}", address=f"192.0.2.{number}")
    assert breaker.state(VENDOR) == "open"
    sources.clear_faults()
    answer = find(client)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/source-down")
    assert sources.calls("datagokr").total() == 0


def test_an_address_asks_ten_times_a_minute(client, sources):
    for number in range(12):
        answer = find(client, f"없는이름{chr(ord('가') + 28 * number)}")
    assert sources.calls("datagokr").total() == 20
    assert (answer.status_code, answer.json()["stale"], answer["Cache-Control"]) == (200, True, "no-store")
    assert find(client, address="192.0.2.9").json()["results"]


def test_a_spent_budget_asks_nobody(client, sources, settings):
    settings.DATA_GO_KR_DAILY_BUDGET = 0
    assert find(client).json()["stale"] is True
    assert sources.calls("datagokr").total() == 0


def test_when_all_places_are_taken_the_others_answer_at_once(client, sources):
    free = missing._places.free
    for _ in range(missing.MAX_THREADS):
        assert free.acquire(blocking=False)
    answer = find(client)
    for _ in range(missing.MAX_THREADS):
        free.release()
    assert (answer.status_code, answer.json()["stale"]) == (200, True)
    assert sources.calls("datagokr").total() == 0


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_call_a_source(sources, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"source": "1000/minute"}
    sources.set_fault("datagokr", "latency", seconds=0.3)
    gate, answers = threading.Barrier(30), []

    def ask():
        gate.wait()
        answers.append(find(Client()))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(sources.calls("datagokr")) == {"getDrbEasyDrugList": 1, "getDrugPrdtPrmsnInq07": 1}
    found = [answer for answer in answers if answer.json()["results"]]
    assert found
    assert all(answer.json()["stale"] for answer in answers if answer not in found)
