"""Files and batches of the OpenAI stand-in, through the vendor's own client library and the control port."""

import json
from pathlib import Path

import openai
import pytest
import requests

from sandbox.standins import Standins

SAMPLE = Path(__file__).resolve().parents[1] / "sample"
ENDPOINT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def running():
    with Standins(data=SAMPLE, completion_seconds=0) as standins:
        yield standins


@pytest.fixture
def standins(running):
    running.set("batch_seconds", 0)
    yield running
    running.reset()


@pytest.fixture
def client(standins):
    with openai.OpenAI(api_key="sandbox-key", base_url=standins.url("openai"), max_retries=0, timeout=60) as client:
        yield client


def line(custom_id, model="gpt-6-luna"):
    body = {"model": model, "messages": [{"role": "user", "content": "안녕하세요."}]}
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body})


def order(client, *lines, **metadata):
    file = client.files.create(file=("in.jsonl", "\n".join(lines).encode()), purpose="batch")
    assert (file.filename, file.purpose) == ("in.jsonl", "batch")
    return client.batches.create(
        input_file_id=file.id, endpoint=ENDPOINT, completion_window="24h", metadata=metadata or None
    )


def read(client, file):
    return [json.loads(text) for text in client.files.content(file).text.splitlines()]


def test_every_line_is_answered_once_in_another_order(client):
    batch = order(client, *(line(f"n{number}") for number in range(20)))
    assert batch.status == "validating"
    done = client.batches.retrieve(batch.id)
    ids = [answer["custom_id"] for answer in read(client, done.output_file_id)]
    assert sorted(ids) == sorted(f"n{number}" for number in range(20))
    assert ids != [f"n{number}" for number in range(20)]
    assert (done.status, done.request_counts.completed, done.error_file_id) == ("completed", 20, None)


def test_a_line_that_is_refused_stands_in_the_error_file(client):
    batch = order(client, line("good"), line("bad", model="gpt-3.5-turbo"))
    done = client.batches.retrieve(batch.id)
    assert [answer["response"]["status_code"] for answer in read(client, done.error_file_id)] == [404]
    assert [answer["custom_id"] for answer in read(client, done.output_file_id)] == ["good"]


@pytest.mark.parametrize("lines", [["{broken"], [line("same"), line("same")]])
def test_a_bad_file_fails_as_a_whole(client, lines):
    done = client.batches.retrieve(order(client, *lines).id)
    assert (done.status, done.output_file_id) == ("failed", None)
    assert done.errors.data[0].line == len(lines)


def test_the_speed_can_be_set_and_a_batch_cancelled(client, standins):
    standins.set("batch_seconds", 3600)
    batch = order(client, line("a"), line("b"))
    assert client.batches.cancel(batch.id).status == "cancelling"
    standins.set("batch_seconds", 0)
    done = client.batches.retrieve(batch.id)
    assert (done.status, len(read(client, done.output_file_id)), len(read(client, done.error_file_id))) == (
        "cancelled",
        1,
        1,
    )
    with pytest.raises(openai.ConflictError):
        client.batches.cancel(batch.id)


def test_batches_are_listed_newest_first_by_pages(client):
    ordered = [order(client, line("a"), number=str(number)).id for number in range(5)]
    assert [batch.id for batch in client.batches.list(limit=2)] == ordered[::-1]


def test_a_deleted_file_is_gone(client):
    file = client.files.create(file=("in.jsonl", line("a").encode()), purpose="batch")
    assert client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.content(file.id)


def test_faults_are_switched_over_http(client, standins):
    batch = order(client, line("a"), line("b"))
    fault = {"vendor": "openai", "kind": "batch_expired", "finished": 0}
    requests.post(standins.url("control") + "/faults", json=fault, timeout=60).raise_for_status()
    done = client.batches.retrieve(batch.id)
    assert (done.status, done.output_file_id) == ("expired", None)
    assert {answer["error"]["code"] for answer in read(client, done.error_file_id)} == {"batch_expired"}
