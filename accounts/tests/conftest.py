"""Kakao's stand-in over real HTTP, and a user."""

import pytest

from accounts import id_tokens
from accounts.models import User
from core import breaker, stores
from core.tests.conftest import killable, own_valkey  # noqa: F401 - fixtures for the tests here
from sandbox.standins import Standins, kakao


@pytest.fixture(scope="session")
def _running():
    with Standins(detail_seconds=0, completion_seconds=0) as running:
        yield running


@pytest.fixture
def standins(_running, settings):
    """All stand-ins as they were started, with the product's settings pointing at Kakao's."""
    _running.reset()
    stores.broker.client.flushdb()
    stores.cache.client.flushdb()
    breaker.forget()
    id_tokens.keys.forget()
    settings.KAKAO_AUTH_BASE_URL = settings.KAKAO_API_BASE_URL = _running.url("kakao")
    settings.KAKAO_REST_API_KEY = kakao.REST_API_KEY
    settings.KAKAO_CLIENT_SECRET = kakao.CLIENT_SECRET
    settings.KAKAO_ADMIN_KEY = kakao.ADMIN_KEY
    settings.KAKAO_APP_ID = str(kakao.APP_ID)
    settings.KAKAO_APP_KEYS = [kakao.NATIVE_APP_KEY]
    # Tests log in more often than anybody does; what is tried is tried with the limit of its own test.
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login": "1000/minute"}
    yield _running
    _running.reset()
    breaker.forget()


@pytest.fixture
def kakao_standin(standins):
    return standins.stand("kakao").vendor


@pytest.fixture
def user(db):
    return User.objects.create_user(kakao_sub="1000:4815000001", nickname="연습1")
