"""What a person gets while parts of the world are gone, and that nothing is lost when they come back."""

import json
import re
from collections.abc import Iterator

import pytest
import requests

from config.tests.running import DATA_KEY, HELD_BACK, LABEL_HELD_BACK, Product, wait_for
from sandbox.home import PROJECT
from sandbox.standins.standins import SAMPLE

KNOWN = ("타이레놀", "부루펜", "게보린", "두통")
UNKNOWN = "마그밀"  # the sources have it; the tests below never let it through
SOURCE_FAULTS = [
    ("status", {"code": 500}),
    ("status", {"code": 404, "body": "html"}),
    ("garbage", {}),
    ("garbage", {"shape": "list"}),
    ("garbage", {"shape": "null"}),
    ("html", {}),
    ("plain", {}),
    ("empty", {}),
    ("truncated", {}),
    ("reset", {}),
    ("refused", {}),
    ("oversize", {"megabytes": 25}),
    ("quota", {}),
    ("quota", {"code": 23, "http": 429}),
    ("key", {}),
    ("gateway_xml", {"code": 99}),
    ("no_items_with_total", {}),
    ("latency", {"seconds": 10}),
]
MODEL_FAULTS = [
    ("server_error", {}),
    ("refused", {}),
    ("reset", {}),
    ("truncated", {}),
    ("garbage", {}),
    ("plain_string", {}),
    ("quota", {}),
    ("rate_limit", {"retry_after": 60}),
    ("invalid_key", {}),
    ("model_not_found", {}),
    ("refusal", {}),
    ("length", {}),
    ("empty_choices", {}),
    ("content", {"content": '{"sentences":[{"section":"effect","text":"하루 99번 드세요.","source":["efficacy.0"]}]}'}),
    ("latency", {"seconds": 5}),
]


@pytest.fixture(autouse=True)
def _whole_again(product: Product) -> Iterator[None]:
    product.reset()
    yield
    product.revive()


@pytest.fixture(scope="module")
def unread() -> Iterator[str]:
    """item_seqs with a label that no test has asked a summary of."""
    rows = [json.loads(line) for line in (SAMPLE / "easydrug.jsonl").read_text().splitlines()]
    return (row["itemSeq"] for row in rows[60:] if not any(name in row["itemName"] for name in HELD_BACK))


def source_down(answer: requests.Response) -> None:
    body = answer.json()
    assert (answer.status_code, body["type"]) == (503, "/problems/source-down"), body
    assert int(answer.headers["Retry-After"]) >= 1
    assert body["request_id"] == answer.headers["X-Request-ID"]


def known_names_are_found(product: Product) -> None:
    for q in KNOWN:
        answer = product.search(q)
        assert answer.status_code == 200, answer.text
        assert answer.json()["results"]
        assert answer.json()["stale"] is False


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
    answer = requests.get(following, timeout=30)
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
    wait_for(lambda: product.get(summary_of).json()["kind"] == "ai", seconds=60, why="the summary was lost")
    detail_of = f"/api/v1/medicines/{prescription}"
    wait_for(lambda: product.get(detail_of).json()["label_status"] == "ready", seconds=60, why="the label was lost")


def test_without_a_worker_the_extractive_text_is_served_and_the_task_waits(product: Product, unread: Iterator[str]):
    seq = next(unread)
    product.children["worker"].process.kill()
    product.children["worker"].process.wait(30)
    answer = product.get(f"/api/v1/medicines/{seq}/summary")
    assert answer.status_code == 202
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["status"] == "pending"
    assert answer.json()["sections"]
    product.revive()
    summary = f"/api/v1/medicines/{seq}/summary"
    wait_for(lambda: product.get(summary).json()["kind"] == "ai", seconds=60, why="the task was lost")


# --- data.go.kr ---


@pytest.mark.parametrize(("kind", "options"), SOURCE_FAULTS, ids=[f"{k}-{o}" for k, o in SOURCE_FAULTS])
def test_a_source_that_fails_is_never_told_as_no_such_medicine(product: Product, kind, options):
    product.standins.set_fault("datagokr", kind, **options)
    source_down(product.search(UNKNOWN))
    again = product.search(UNKNOWN)
    if again.status_code == 200:  # today's quota is spent, so that nobody was asked
        assert (again.json()["stale"], again.json()["results"]) == (True, [])
        assert again.headers["Cache-Control"] == "no-store"
    else:
        source_down(again)
    known_names_are_found(product)


def test_one_source_is_enough_when_it_has_the_name(product: Product):
    product.standins.set_fault("datagokr", "status", code=500, operation="getDrugPrdtPrmsnInq07")
    answer = product.search("오라메디")
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"]


def test_a_name_is_found_as_soon_as_the_source_is_back(product: Product):
    product.standins.set_fault("datagokr", "refused")
    source_down(product.search("키미테"))
    product.standins.clear_faults()
    answers = []

    def found() -> bool:
        answers.append(product.search("키미테"))
        return answers[-1].status_code == 200

    # Who asked together shares one answer, a failure too, for a second and a half.
    wait_for(found, why="the source is back, the name is not")
    assert answers[-1].json()["results"][0]["match"]["kind"] == "exact"
    assert answers[-1].headers["X-Cache"] == "api"
    # The other process may hold the empty list until the message that drops it has come.
    wait_for(lambda: product.search("키미테").headers["X-Cache"] != "api", why="the name is asked for again and again")


def test_a_name_that_nobody_has_is_asked_for_once(product: Product):
    assert product.search("가나다라마").json() | {"as_of": ""} == product.search("가나다라마").json() | {"as_of": ""}
    answer = product.search("가나다라마")
    assert (answer.status_code, answer.json()["results"], answer.json()["stale"]) == (200, [], False)
    assert set(product.standins.calls("datagokr").values()) == {1}


def test_the_breaker_opens_after_five_failures_and_closes_after_a_trial(product: Product):
    product.standins.set_fault("datagokr", "status", code=500)
    for q in ("다라마바", "라마바사", "마바사아", "바사아자"):
        source_down(product.search(q))
    asked = sum(product.standins.calls("datagokr").values())
    # Both sources are asked at the same time, so one more than five may be out when the fifth failure is counted.
    assert 5 <= asked <= 6
    held = product.search("보나링")
    source_down(held)
    assert 1 <= int(held.headers["Retry-After"]) <= 60
    product.standins.clear_faults()
    source_down(product.search("사아자차"))
    assert sum(product.standins.calls("datagokr").values()) == asked
    assert product.metric("circuit_breaker_open", vendor="datagokr") == 1

    product.a_minute_passes("datagokr")
    wait_for(lambda: product.search("보나링").status_code == 200, why="the breaker stays open")
    assert product.search("보나링").json()["results"]
    assert product.metric("circuit_breaker_open", vendor="datagokr") == 0
    known_names_are_found(product)


def test_a_label_whose_source_fails_says_so(product: Product):
    product.standins.set_fault("datagokr", "refused")
    path = f"/api/v1/medicines/{LABEL_HELD_BACK[1]}"
    assert product.get(path).json()["label_status"] in ("pending", "source_down")
    answer = product.get(path)
    assert "Retry-After" in answer.headers
    product.standins.clear_faults()
    product.forget()
    product.sql("UPDATE medicine SET label_tried_at = NULL")
    wait_for(lambda: product.get(path).json()["label_status"] == "ready", seconds=90, why=product.get(path).text[:500])


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
    wait_for(lambda: product.get(path).json()["kind"] == "ai", seconds=60, why="the text was lost")


# --- the model ---


@pytest.mark.parametrize(("kind", "options"), MODEL_FAULTS, ids=[kind for kind, _ in MODEL_FAULTS])
def test_a_model_that_fails_leaves_the_labels_own_words(product: Product, unread: Iterator[str], kind, options):
    seq = next(unread)
    product.standins.set_fault("openai", kind, **options)
    answer = product.get(f"/api/v1/medicines/{seq}/summary")
    assert answer.status_code in (200, 202), answer.text
    body = answer.json()
    assert (body["kind"], body["status"]) == ("extractive", "pending" if answer.status_code == 202 else "ready")
    assert body["label_notice"]
    assert body["sections"]
    assert "99번" not in answer.text
    assert all(sentence["source"] for section in body["sections"] for sentence in section["sentences"])


def test_an_open_breaker_of_the_model_costs_readers_nothing(product: Product, unread: Iterator[str]):
    product.standins.set_fault("openai", "server_error")
    for _ in range(3):
        product.get(f"/api/v1/medicines/{next(unread)}/summary")
    wait_for(lambda: sum(product.standins.calls("openai").values()) >= 5, why=str(product.standins.calls("openai")))
    asked = sum(product.standins.calls("openai").values())
    answer = product.get(f"/api/v1/medicines/{next(unread)}/summary")
    assert (answer.status_code, answer.json()["kind"]) == (200, "extractive")
    assert sum(product.standins.calls("openai").values()) == asked


def test_the_commands_of_the_runbook_work_and_withdraw_a_summary(product: Product):
    path = "/api/v1/medicines/197700120"
    wait_for(lambda: product.get(f"{path}/summary").json()["kind"] == "ai", why="no summary to withdraw")
    wait_for(lambda: product.get(path).json()["summary_kind"] == "ai", why="no line on the card")
    code = "\n".join(re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "runbook.md").read_text(), re.DOTALL))
    staff = "from accounts.models import User\nUser.objects.create_user('editor', is_staff=True)\n"
    said = product.manage("shell", "-c", staff + code)
    assert "getDrbEasyDrugList" in said
    assert product.get(f"{path}/summary").json()["kind"] == "extractive"
    assert product.get(path).json()["summary_kind"] == "extractive"


# --- what is written down about all this ---


def test_metrics_add_up_over_the_workers(product: Product):
    searches = {"route": "search", "status": "200"}
    bad = {"route": "search", "type": "invalid-query"}
    names = ("api_response_time_seconds_count", "api_errors_total", "external_api_calls_total")
    before = [
        product.metric(n, **labels) for n, labels in zip(names, (searches, bad, {"vendor": "datagokr"}), strict=True)
    ]
    for _ in range(12):
        product.search("타이레놀")
    product.search("나다라마바")
    for _ in range(3):
        product.search("")
    after = [
        product.metric(n, **labels) for n, labels in zip(names, (searches, bad, {"vendor": "datagokr"}), strict=True)
    ]
    calls = sum(product.standins.calls("datagokr").values())
    assert calls == 2
    assert [b - a for a, b in zip(before, after, strict=True)] == [13, 3, calls]
    for tier in ("memory", "redis", "all"):
        assert 0 < product.metric("cache_hit_rate_percent", tier=tier) <= 100


def test_no_log_line_holds_a_query_a_key_or_a_place(product: Product, unread: Iterator[str]):
    seq = next(unread)
    product.search("비밀스런낱말")
    product.search("마그밀비밀스런")
    product.get(f"/api/v1/medicines/{seq}/summary", keyword="임산부비밀")
    product.get("/api/v1/medicines/suggest", q="비밀스런낱말")
    product.get("/api/v1/pharmacies", lat="37.566512", lng="126.978012")
    product.standins.set_fault("datagokr", "refused")
    product.search("비밀스런다른낱말")
    output = product.output()
    secrets = (DATA_KEY, product.env["DJANGO_SECRET_KEY"], product.home.secret("postgres"), "serviceKey=")
    private = ("비밀", "37.566512", "126.978012", UNKNOWN, *KNOWN, seq)
    escaped = [word.encode("unicode_escape").decode() for word in private]
    quoted = [requests.utils.quote(word) for word in private]
    for word in (*secrets, *private, *escaped, *quoted):
        found = output.find(word)
        assert found < 0, output[max(0, found - 300) : found + 100]


def test_every_log_line_is_json_with_the_agreed_fields(product: Product):
    product.search("타이레놀")
    lines = [*(product.home.logs / "pilling.log").read_text().splitlines()]
    lines += (product.home.logs / "gunicorn.log").read_text().splitlines()
    assert lines
    agreed = {"timestamp", "level", "module", "message", "user_id", "request_id"}
    for line in lines:
        assert agreed <= json.loads(line).keys()
    assert all(re.match(r"\d{4}-\d\d-\d\dT", json.loads(line)["timestamp"]) for line in lines)


def test_no_unforeseen_exception_was_logged(product: Product):
    lines = [json.loads(line) for line in (product.home.logs / "pilling.log").read_text().splitlines()]
    # Celery tells of a broker that went away with a trace; that is its way.
    traces = [line for line in lines if "exception" in line and not line["module"].startswith("celery.")]
    assert not traces, "\n".join(line["message"] + line["exception"] for line in traces)
