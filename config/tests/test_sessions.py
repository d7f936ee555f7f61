"""Staff keep working while the cache's Redis is away: their sessions are in PostgreSQL too."""

import pytest
from django.contrib.auth import get_user_model
from django_redis import get_redis_connection

from core.tests.conftest import OwnValkey

pytestmark = pytest.mark.django_db
PASSWORD = "password-for-tests"


@pytest.fixture
def cache_server(settings, tmp_path_factory):
    """The sessions' cache on a Valkey that the test may kill."""
    valkey = OwnValkey(tmp_path_factory.mktemp("vk"))
    valkey.start()
    default = settings.CACHES["default"] | {"LOCATION": valkey.url}
    settings.CACHES = {"default": default}
    yield valkey
    valkey.kill()


@pytest.fixture
def boss(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    return get_user_model().objects.create_superuser("boss", PASSWORD)


def test_an_open_session_goes_on(client, boss, cache_server):
    client.force_login(boss)
    assert client.get("/admin/").status_code == 200
    cache_server.kill()
    assert client.get("/admin/").status_code == 200


def test_logging_in_and_out_works(client, boss, cache_server):
    cache_server.kill()
    answer = client.post("/admin/login/", {"username": "boss", "password": PASSWORD, "next": "/admin/"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/logout/").status_code == 200
    assert client.get("/admin/").status_code == 302


def test_a_dead_cache_costs_one_attempt():
    """redis-py tries ten times with growing pauses unless told not to."""
    retry = get_redis_connection("default").connection_pool.connection_kwargs["retry"]
    assert retry.get_retries() == 0
