"""GET /api/v1/medicines."""

import json
from urllib.parse import quote

import pytest

from medicines.tests import catalogue

URL = "/api/v1/medicines"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue():
    catalogue.load()


def find(client, q, **params):
    return client.get(URL, {"q": q, **params})


def test_answers_with_cards_in_order(client):
    body = find(client, "보라매").json()
    assert [card["item_seq"] for card in body["results"]] == ["100000001", "100000002"]
    assert body["results"][0]["match"]["kind"] == "exact"
    assert body["results"][0]["summary_kind"] == "extractive"
    assert body["results"][0]["efcy_summary"] == catalogue.PAIN.split(".")[0] + "."
    assert (body["query"], body["stale"], body["next"], body["notice"]) == ("보라매", False, None, None)
