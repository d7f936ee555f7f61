"""The cache inspector, over a real Valkey."""

import logging

import pytest
import redis
from django.conf import settings as live

from core import invalidation, stores
from core.cache import TwoTier, tiers
from core.logs import JsonFormatter
from core.memory_tier import MemoryTier
from core.redis_tier import RedisTier
from core.tests.conftest import OwnValkey
from medicines.tests import catalogue
from ops.inspection import inspect
from ops.tests.audit import deeds

pytestmark = pytest.mark.django_db
PAGE = "/admin/ops/cacheentry/"
DROP = PAGE + "drop/"
SEQ = "100000001"


@pytest.fixture(autouse=True)
def _products(settings):
    settings.THROTTLE_ENABLED = False
    catalogue.add(*catalogue.PRODUCTS[:3])
    yield
    stores.cache.reset()


@pytest.fixture
def operator(staff):
    return staff("view_cacheentry", "delete_cacheentry")


def look(browser, text):
    answer = browser.post(PAGE, {"text": text})
    assert answer.status_code == 200
    return answer.content.decode()


def rows(text):
    return {row.entry.key: row for row in inspect(text)}


def test_a_medicine_is_shown_in_each_tier_with_what_is_left_of_its_time(operator, client):
    assert {row.memory.state for row in inspect(SEQ)} == {"empty"}
    body = client.get(f"/api/v1/medicines/{SEQ}").content
    row = rows(SEQ)[f"detail:{SEQ}"]
    assert (row.memory.state, row.shared.state, row.source.state) == ("held", "held", "held")
    assert row.memory.value == row.shared.value == row.source.value
    assert row.memory.value[:-1] in body.decode()
    assert 0 < row.memory.fresh <= 30
    assert 3_000 < row.shared.fresh <= 4_000 < row.shared.kept
    text = look(operator, SEQ)
    assert f"detail:{SEQ}" in text
    assert "보라매정500밀리그램" in text
    assert f"summary:{SEQ}:" in text


def test_looking_fills_and_counts_nothing():
    inspect(SEQ)
    assert not tiers().memory.peek(f"detail:{SEQ}")
    assert not tiers().shared.peek(f"detail:{SEQ}")


def test_a_query_finds_the_entries_that_its_answers_are_kept_under(client):
    client.get("/api/v1/medicines", {"q": "보라매"})
    client.get("/api/v1/medicines/suggest", {"q": "보라매"})
    found = {row.entry.what: row for row in inspect("보라매")}
    for what in ("검색 결과의 순서", "자동 완성"):
        assert found[what].memory.state == found[what].shared.state == found[what].source.state == "held"
        assert SEQ in found[what].source.value
    assert found["바깥 자료에도 없다는 표시"].source.state == "unknown"


def test_a_key_is_looked_up_as_it_is():
    tiers().set_many({"popular:10": b'{"results":[]}'}, seconds=100)
    (row,) = inspect("popular:10")
    assert (row.memory.state, row.shared.state, row.source.state) == ("held", "held", "unknown")
    assert [row.entry.key for row in inspect(f"card:{SEQ}")] == [f"card:{SEQ}"]
    assert [row.entry.key for row in inspect(f"summary:{SEQ}:")] == [f"summary:{SEQ}:"]
    assert "hard-words" in rows("hard-words")


def test_what_is_out_of_date_is_told_from_what_is_fresh():
    tiers().shared.set_many({"popular:10": b"old"}, seconds=-10)
    (row,) = inspect("popular:10")
    assert (row.memory.state, row.shared.state) == ("empty", "stale")


@pytest.fixture
def other_process():
    """Another process's tiers on the same Redis, hearing what is dropped."""
    other = TwoTier(
        MemoryTier(max_entries=100, max_bytes=1_000_000, seconds=30), RedisTier(prefix="pilling:v1:", stale_seconds=60)
    )
    other.subscriber.ensure()
    assert other.subscriber.connected.wait(60)
    yield other
    other.subscriber.stop()


def test_dropping_reaches_redis_and_the_other_processes_and_is_written_down(operator, client, other_process):
    client.get(f"/api/v1/medicines/{SEQ}")
    key = f"detail:{SEQ}"
    assert other_process.get(key)
    with redis.Redis.from_url(live.REDIS_URL) as listener, listener.pubsub() as heard:
        heard.subscribe(invalidation.CHANNEL)
        heard.get_message(timeout=5)
        done = operator.post(DROP, {"key": [key]}, follow=True)
        assert heard.get_message(timeout=10)["data"] == invalidation.message([key])
    assert "모든 프로세스에서 지웠습니다" in done.content.decode()
    row = rows(SEQ)[key]
    assert (row.memory.state, row.shared.state, row.source.state) == ("empty", "empty", "held")
    for _ in range(200):
        if other_process.memory.peek(key) is None:
            break
        invalidation.time.sleep(0.05)
    assert other_process.memory.peek(key) is None
    event = deeds().get()
    assert (event.action, event.target, event.details) == ("cache.drop", key, {"everywhere": True})


@pytest.mark.parametrize("key", ["catalogue-changed", "보라매", "", "x" * 300, "list:가", "card:1\n", "\x00:", "A:b"])
def test_only_keys_are_dropped(operator, key):
    tiers().set_many({"catalogue-changed": b"2026"}, seconds=100)
    done = operator.post(DROP, {"key": key}, follow=True)
    assert "지울 수 있는 키가 아닙니다" in done.content.decode()
    assert tiers().shared.peek("catalogue-changed")
    assert not deeds().exists()


@pytest.mark.parametrize("text", ["", "   ", "가" * 129, "\x00", "가\x00나"])
def test_odd_input_is_refused_in_the_form(operator, text):
    assert "errorlist" in look(operator, text)


@pytest.mark.parametrize("text", [
    "%", "가" * 128, "💊", b"\xed\xa0\x80", "'; DROP TABLE x --", "9" * 128, "list:" + "x" * 120, "card:", "summary:",
])  # fmt: skip
def test_odd_text_breaks_nothing(operator, text):
    assert look(operator, text)


def test_what_is_typed_is_in_no_log_and_in_no_audit_event(operator, client, caplog):
    caplog.set_level(logging.DEBUG)
    client.get("/api/v1/medicines", {"q": "보라매"})
    look(operator, "보라매")
    look(operator, "비밀스런병명")
    operator.post(DROP, {"key": [row.entry.key for row in inspect("보라매")]})
    written = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "request" in written
    events = str(list(deeds().values()))
    assert deeds().count() == 3
    for word in ("보라매", "비밀스런병명"):
        assert word not in written
        assert word not in events


def test_values_are_shown_as_text(operator):
    tiers().set_many({"popular:10": b"<script>alert(1)</script>\xff"}, seconds=100)
    text = look(operator, "popular:10")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_without_redis_the_page_says_so(operator, settings, tmp_path_factory, client):
    valkey = OwnValkey(tmp_path_factory.mktemp("vk"))
    valkey.start()
    settings.REDIS_URL = valkey.url
    stores.cache.reset()
    client.get(f"/api/v1/medicines/{SEQ}")
    valkey.kill()
    row = rows(SEQ)[f"detail:{SEQ}"]
    assert (row.memory.state, row.shared.state, row.source.state) == ("held", "away", "held")
    assert "응답하지 않습니다" in look(operator, SEQ)
    done = operator.post(DROP, {"key": f"detail:{SEQ}"}, follow=True).content.decode()
    assert "이 프로세스에서만 지웠습니다" in done
    assert deeds().get().details == {"everywhere": False}


@pytest.mark.parametrize(("permissions", "looks"), [((), False), (("view_cacheentry",), True)])
def test_without_the_permission_nothing_is_dropped(staff, client, permissions, looks):
    client.get(f"/api/v1/medicines/{SEQ}")
    browser = staff(*permissions)
    for answer in (browser.get(PAGE), browser.post(PAGE, {"text": SEQ})):
        assert answer.status_code == (200 if looks else 403)
        assert "모든 곳에서 지우기" not in answer.content.decode()
    assert browser.post(DROP, {"key": f"detail:{SEQ}"}).status_code == 403
    assert tiers().memory.peek(f"detail:{SEQ}")


def test_others_are_sent_to_the_login(client, staff):
    for browser in (client, staff("view_cacheentry", is_staff=False)):
        assert browser.post(PAGE, {"text": SEQ})["Location"].startswith("/admin/login/")


def test_dropping_is_a_post_that_nobody_can_forge(operator):
    assert operator.get(DROP).status_code == 405
    operator.handler.enforce_csrf_checks = True
    assert operator.post(DROP, {"key": f"detail:{SEQ}"}).status_code == 403
