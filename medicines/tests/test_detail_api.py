"""GET /api/v1/medicines/{item_seq}."""

import base64
import json
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from core import metrics, stores
from medicines import tasks
from medicines.models import Medicine
from medicines.services.labels import claim_label
from medicines.tests import catalogue

URL = "/api/v1/medicines"
READY, UNLABELLED = "100000001", "100000004"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _catalogue(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        catalogue.load([*catalogue.PRODUCTS, catalogue.record("100000005", "가온정500밀리그램(아세트아미노펜)")])
        yield
        catalogue.clear()


@pytest.fixture(autouse=True)
def _empty_queue():
    with stores.connect(os.environ["CELERY_BROKER_URL"]) as broker:
        broker.flushdb()


def sent():
    """item_seqs of the fetch_label messages that lie in the broker."""
    with stores.connect(os.environ["CELERY_BROKER_URL"]) as broker:
        messages = [json.loads(message) for message in broker.lrange("people", 0, -1)]
    assert all(message["headers"]["task"] == "medicines.tasks.fetch_label" for message in messages)
    return [json.loads(base64.b64decode(message["body"]))[0][0] for message in messages]


def read(client, item_seq=READY):
    return client.get(f"{URL}/{item_seq}")


def test_card_label_and_neighbours(client):
    body = read(client).json()
    assert body["item_name"] == "보라매정500밀리그램(아세트아미노펜)"
    assert body["label_status"] == "ready"
    assert body["label"]["efficacy"] == catalogue.PAIN
    assert set(body["label"]) == {"efficacy", "usage", "warning", "precaution", "interaction", "side_effect", "storage"}
    assert "100000005" in [each["item_seq"] for each in body["same_ingredient"]]
    assert "100000002" not in [each["item_seq"] for each in body["same_ingredient"]]
    assert READY not in [each["item_seq"] for each in body["same_ingredient"]]
    assert body["updated_at"].endswith("+09:00")


def test_tiers_give_the_same_bytes(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        first = read(client)
    with django_assert_max_num_queries(0):
        second = read(client)
    assert (first["X-Cache"], second["X-Cache"], first.content) == ("db", "memory", second.content)


def test_an_unknown_product_is_not_found(client):
    answer = read(client, "999999999")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize("item_seq", ["abc", "1" * 21, "12a", "１２３", "-1", "%00", "1%20", "1;DROP"])
def test_what_is_no_number_is_refused(client, item_seq):
    answer = read(client, item_seq)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-query")


def test_parameters_are_refused(client):
    assert client.get(f"{URL}/{READY}?x=1").status_code == 400


def test_a_missing_label_is_sent_for_once(client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        answers = [read(client, UNLABELLED) for _ in range(3)]
    for answer in answers:
        assert (answer.status_code, answer.json()["label_status"], answer.json()["label"]) == (200, "pending", None)
        assert answer["Retry-After"] == "5"
    assert sent() == [UNLABELLED]


def test_one_of_many_claims(client):
    assert [claim_label(item_seq=UNLABELLED) for _ in range(3)] == [True, False, False]
    assert not claim_label(item_seq="999999999")


def test_without_the_broker_the_answer_is_given_and_the_sweep_sends_again(
    client, killable, django_capture_on_commit_callbacks
):
    failures = metrics.enqueue_failures.labels("medicines.tasks.fetch_label")
    before = failures._value.get()
    killable.kill()
    with django_capture_on_commit_callbacks(execute=True):
        assert read(client, UNLABELLED).status_code == 200
    killable.start()
    stores.broker.reset()
    assert failures._value.get() == before + 1
    tasks.sweep_labels()
    assert sent() == []
    Medicine.objects.filter(item_seq=UNLABELLED).update(label_tried_at=timezone.now() - timedelta(minutes=11))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sweep_labels()
        tasks.sweep_labels()
    assert sent() == [UNLABELLED]


def test_a_fetched_label_is_served_at_once(client, sources, django_capture_on_commit_callbacks):
    catalogue.add(catalogue.record("196400037", "라식스정(푸로세미드)", efficacy=None, kind="전문의약품"))
    assert read(client, "196400037").json()["label_status"] == "pending"
    tasks.fetch_label("196400037")
    body = read(client, "196400037").json()
    assert body["label_status"] == "ready"
    assert body["label"]["efficacy"]
    assert body["coverage"] == "permit"


def test_a_source_that_is_down_is_told_and_asked_again_later(client, sources):
    sources.set_fault("datagokr", "status", code=500)
    tasks.fetch_label(UNLABELLED)
    answer = read(client, UNLABELLED)
    assert (answer.json()["label_status"], "Retry-After" in answer) == ("source_down", True)
    assert not claim_label(item_seq=UNLABELLED)
    Medicine.objects.filter(item_seq=UNLABELLED).update(label_tried_at=timezone.now() - timedelta(minutes=11))
    assert claim_label(item_seq=UNLABELLED)


def test_a_product_without_text_anywhere_says_none(client, sources):
    tasks.fetch_label(UNLABELLED)
    answer = read(client, UNLABELLED)
    assert (answer.json()["label_status"], "Retry-After" in answer) == ("none", False)


def test_that_there_is_no_text_is_believed_for_a_month(client, sources):
    tasks.fetch_label(UNLABELLED)
    assert not claim_label(item_seq=UNLABELLED)
    Medicine.objects.filter(item_seq=UNLABELLED).update(label_tried_at=timezone.now() - timedelta(days=31))
    answer = read(client, UNLABELLED)
    assert (answer.json()["label_status"], "Retry-After" in answer) == ("pending", True)
    assert sent() == []  # inside the test's transaction; the claim was taken
    assert not claim_label(item_seq=UNLABELLED)
