"""What a person gets while data.go.kr or the model fails, and that a failure is never told as "no such medicine"."""

from collections.abc import Iterator

import pytest
import requests

from config.tests.faults import UNKNOWN, known_names_are_found
from config.tests.running import LABEL_HELD_BACK, Product, wait_for

pytestmark = pytest.mark.usefixtures("whole_again")
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
    ("stalled", {}),
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
    ("stalled", {}),
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


def source_down(answer: requests.Response) -> None:
    body = answer.json()
    assert (answer.status_code, body["type"]) == (503, "/problems/source-down"), body
    assert int(answer.headers["Retry-After"]) >= 1
    assert body["request_id"] == answer.headers["X-Request-ID"]


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
