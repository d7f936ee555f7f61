"""The API's own documentation: odd questions, and what it costs to answer."""

import json

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator

ODD = [
    "version=%00", "lang=%00", "lang=%0d%0aX-Evil:1", "script=%FF", "lang=%22%3Balert(1)//", "format=nope", "a=1&a=2",
    "version=1%0d%0aX-Evil:%201", "lang=</script>",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _plain(settings, client):
    settings.THROTTLE_ENABLED = False
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    client.raise_request_exception = False


@pytest.mark.parametrize("query", ODD)
@pytest.mark.parametrize("path", ["/api/schema?", "/api/docs?", "/api/docs?script=&"])
def test_an_odd_question_is_no_fault_of_ours(client, path, query):
    answer = client.get(path + query)
    assert answer.status_code in (200, 400, 404)
    assert "X-Evil" not in answer.headers
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
    else:
        assert "alert(1)//" not in answer.content.decode()
        assert "</script>" not in answer.content.decode() or answer["Content-Type"].startswith("text/html")


def test_the_schema_takes_no_language_and_no_version(client):
    """Each made-up language would stay in Django's memory for ever."""
    for query in ("lang=xx", "version=2"):
        body = client.get(f"/api/schema?{query}").json()
        assert body["type"] == "/problems/invalid-query"
        assert body["errors"][0]["code"] == "unknown"


def test_it_is_told_as_yaml_and_as_json(client):
    told = client.get("/api/schema")
    assert told["Content-Type"].startswith("application/vnd.oai.openapi")
    asked = {"accept": "application/json"}
    for answer in (client.get("/api/schema?format=json"), client.get("/api/schema", headers=asked)):
        assert json.loads(answer.content) == yaml.safe_load(told.content)


def test_it_is_made_once(client, monkeypatch):
    client.get("/api/schema")
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *a, **k: pytest.fail("made again"))
    assert client.get("/api/schema").status_code == 200
    assert client.get("/api/docs").status_code == 200
