"""The page of the background tasks, over a real Valkey."""

import pytest

from core import stores, task_runs

PAGE = "/admin/ops/taskrun/"
TASK = "medicines.tasks.warm_cache"
WHEN = {
    "schedules.tasks.remind": ["10초마다"],
    "schedules.tasks.check_receipts": ["1분마다"],
    "schedules.tasks.fill_horizons": ["매시 7분"],
    "medicines.tasks.store_misses": ["10분마다"],
    "ops.tasks.purge_idempotency_keys": ["날마다 4시 40분"],
    "medicines.tasks.reindex_search": ["10분마다"],
    "medicines.tasks.fetch_label": [],
}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    stores.cache.client.flushdb()
    yield
    stores.cache.reset()


def rows(browser):
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return {row["task"].name: row for row in answer.context_data["rows"]}, answer.content.decode()


def test_a_task_with_its_last_run_and_todays_numbers(staff):
    for outcome, seconds in (("started", None), ("failed", 1.5), ("started", None), ("succeeded", 0.25)):
        task_runs.record(TASK, outcome, seconds=seconds, reason="Timeout" if outcome == "failed" else "")
    found, text = rows(staff("view_taskrun"))
    last = found[TASK]["task"]
    assert (last.last.outcome, last.last.seconds, last.today) == (
        "succeeded", 0.25, {"started": 2, "failed": 1, "succeeded": 1},
    )  # fmt: skip
    said = {name: found[name]["when"] for name in (TASK, *WHEN)}
    assert said == WHEN | {TASK: ["4분마다"]}
    assert "1번 잘 끝남" in text
    assert "기록 없음" in text


def test_without_redis_the_tasks_are_listed_all_the_same(staff, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    stores.cache.reset()
    task_runs.record(TASK, "succeeded")
    found, text = rows(staff("view_taskrun"))
    assert found[TASK]["task"].last is None
    assert "캐시 Redis가 응답하지 않아" in text


def test_it_wants_its_permission(staff, client):
    assert staff("view_circuitbreaker").get(PAGE).status_code == 403
    assert client.get(PAGE).status_code == 302
    assert staff("view_taskrun").post(PAGE).status_code == 405
