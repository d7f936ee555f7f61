import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

pytestmark = pytest.mark.urls("core.tests.urls")


def test_livez_needs_nothing(client):
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.urls("config.urls")
def test_they_are_only_read(path):
    answer = Client(enforce_csrf_checks=True).post(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert answer.json()["type"] == "/problems/method-not-allowed"


@pytest.mark.django_db
def test_readyz_when_all_is_there(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"].values()) == {"ok"}


@pytest.mark.django_db
def test_readyz_names_a_missing_redis(client, killable):
    killable.kill()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "postgresql": "ok", "migrations": "ok", "redis_cache": "no answer", "redis_broker": "no answer",
    }  # fmt: skip


@pytest.mark.django_db
def test_readyz_names_a_missing_migration(client):
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("ops")
    MigrationRecorder(connection).record_unapplied("ops", newest)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert f"ops.{newest}" in answer.json()["checks"]["migrations"]


@pytest.mark.django_db(transaction=True)
def test_readyz_names_a_missing_database(client, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nonexistent")
    answer = client.get("/readyz")
    monkeypatch.undo()
    connection.connect()
    assert answer.status_code == 503
    assert answer.json()["checks"]["postgresql"] == "no answer"
    assert "/nonexistent" not in answer.content.decode()
