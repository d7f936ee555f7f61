"""What a person gets while a Redis, the worker or PostgreSQL is gone, and that nothing is lost when they come back."""

from collections.abc import Iterator

import psutil
import pytest
import requests

from config.tests.faults import known_names_are_found
from config.tests.running import LABEL_HELD_BACK, Product, wait_for

pytestmark = pytest.mark.usefixtures("whole_again")


# --- the cache's Redis ---


def test_without_the_cache_everything_is_answered_by_the_database(product: Product):
    product.kill("cache")
    for _ in range(3):
        known_names_are_found(product)
    assert product.search("활명수").headers["X-Cache"] in ("db", "memory")
    assert product.get("/api/v1/medicines/suggest", q="타이").json()["suggestions"]
    assert product.get("/api/v1/medicines/195700020").status_code == 200
    assert product.get("/api/v1/medicines/195700020/summary").status_code in (200, 202)
    assert product.get("/api/v1/medicines/popular").status_code == 200
    ready = product.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["redis_cache"]) == (503, "no answer")
    assert ready.json()["checks"]["redis_broker"] == ready.json()["checks"]["postgresql"] == "ok"
    assert product.get("/livez").status_code == 200


def test_the_tiers_work_again_when_the_cache_is_back(product: Product):
    product.kill("cache")
    known_names_are_found(product)
    product.revive()
    product.forget()
    assert product.search("겔포스").headers["X-Cache"] == "db"
    wait_for(lambda: product.search("겔포스").headers["X-Cache"] == "memory", why="memory stays empty")
    product.forget_memory()
    wait_for(
        lambda: product.search("겔포스").headers["X-Cache"] == "redis", why="memory does not hear that it is outdated"
    )


def test_a_cursor_without_the_cache_is_answered_honestly(product: Product):
    following = product.search("타이레놀", limit=1).json()["next"]
    product.kill("cache")
    answer = requests.get(following, timeout=60)
    assert answer.status_code in (200, 400, 503)
    if answer.status_code != 200:
        assert answer.json()["type"] in ("/problems/unavailable", "/problems/cursor-expired")


# --- the broker, and what waits in it ---


def test_without_the_broker_all_is_answered_and_nothing_is_lost(product: Product, unread: Iterator[str]):
    seq, prescription = next(unread), LABEL_HELD_BACK[0]
    product.kill("broker")
    known_names_are_found(product)
    first = product.get(f"/api/v1/medicines/{seq}/summary")
    assert first.status_code == 200
    assert (first.json()["kind"], bool(first.json()["sections"])) == ("extractive", True)
    detail = product.get(f"/api/v1/medicines/{prescription}")
    assert (detail.status_code, detail.json()["label_status"]) == (200, "pending")
    ready = product.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["redis_broker"]) == (503, "no answer")

    product.revive()
    product.sql("UPDATE medicine SET label_tried_at = label_tried_at - interval '11 minutes'")
    product.send("summaries.tasks.sweep_summaries")
    product.send("medicines.tasks.sweep_labels")
    summary_of = f"/api/v1/medicines/{seq}/summary"
    wait_for(lambda: product.get(summary_of).json()["kind"] == "ai", why="the summary was lost")
    detail_of = f"/api/v1/medicines/{prescription}"
    wait_for(lambda: product.get(detail_of).json()["label_status"] == "ready", why="the label was lost")


def test_without_a_worker_the_extractive_text_is_served_and_the_task_waits(product: Product, unread: Iterator[str]):
    seq = next(unread)
    product.children["worker"].process.kill()
    product.children["worker"].process.wait(60)
    answer = product.get(f"/api/v1/medicines/{seq}/summary")
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["status"] == "pending"
    assert answer.json()["sections"]
    product.revive()
    summary = f"/api/v1/medicines/{seq}/summary"
    wait_for(lambda: product.get(summary).json()["kind"] == "ai", why="the task was lost")


def test_a_cell_whose_fetching_process_is_killed_is_fetched_all_the_same(product: Product):
    where = {"lat": 37.2911, "lng": 127.0089}
    product.standins.set_fault("kakao_local", "latency", seconds=4)
    assert product.get("/api/v1/pharmacies", **where).json()["kakao"] == "pending"
    # The reader gave up waiting; a task asks on.
    wait_for(lambda: product.standins.calls("kakao_local")["category"] >= 2, why="no task asks")
    (process,) = psutil.Process(product.children["worker"].process.pid).children()
    process.kill()
    product.standins.clear_faults()

    def heard() -> bool:
        return product.get("/api/v1/pharmacies", **where).json()["kakao"] == "fresh"

    wait_for(heard, why="the dead process keeps the cell")


# --- PostgreSQL ---


def test_without_postgresql_what_is_held_is_served_and_the_rest_says_come_back(product: Product):
    warm = product.search("부루펜").json()
    product.get("/api/v1/medicines/195700020")
    product.kill("postgres")
    held = product.search("부루펜")
    assert held.status_code == 200
    assert [hit["item_seq"] for hit in held.json()["results"]] == [hit["item_seq"] for hit in warm["results"]]
    assert held.headers["X-Cache"] in ("memory", "redis", "stale")
    assert product.get("/api/v1/medicines/195700020").status_code == 200
    for path, params in (
        ("/api/v1/medicines", {"q": "판피린"}),
        ("/api/v1/medicines/suggest", {"q": "펜잘"}),
        ("/api/v1/medicines/199603002", {}),
        ("/api/v1/medicines/199603002/summary", {}),
    ):
        answer = product.get(path, **params)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable"), answer.text
        assert int(answer.headers["Retry-After"]) >= 1
    ready = product.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["postgresql"]) == (503, "no answer")
    assert ready.json()["checks"]["redis_cache"] == "ok"
    assert product.get("/livez").status_code == 200
    assert product.get("/metrics").status_code == 200
    product.revive()
    assert product.search("판피린").json()["results"]


def test_without_postgresql_an_outdated_list_is_served_as_stale(product: Product):
    warm = product.search("게보린").json()
    product.manage("shell", "-c", "from medicines.selectors.tiers import lists_changed; lists_changed()")
    product.kill("postgres")
    # A process may hold the list until the message that outdates it has come.
    wait_for(lambda: product.search("게보린").json()["stale"], why="the list is not outdated")
    held = product.search("게보린")
    assert held.status_code == 200, held.text
    assert held.json()["results"] == warm["results"]
    assert (held.json()["stale"], held.headers["X-Cache"]) == (True, "stale")
    assert held.headers["Cache-Control"] == "no-store"


def test_a_text_that_could_not_be_stored_is_made_again(product: Product, unread: Iterator[str]):
    path = f"/api/v1/medicines/{next(unread)}/summary"
    product.standins.set_fault("openai", "latency", seconds=5)
    assert product.get(path).status_code == 202
    before = product.output().count("Task failed")
    product.kill("postgres")
    wait_for(lambda: product.output().count("Task failed") > before, why="the task ended well")
    product.revive()
    product.standins.clear_faults()
    product.sql("UPDATE summary SET lease_until = now() WHERE work <> 'done'")
    product.send("summaries.tasks.sweep_summaries")
    wait_for(lambda: product.get(path).json()["kind"] == "ai", why="the text was lost")
