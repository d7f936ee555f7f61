"""Static files as they lie in the source: nothing has collected them in a test."""

import pytest
from django.test import Client

from accounts import id_tokens
from core import breaker, stores
from dashboard.tests.plans_of import somebody
from sandbox.standins import Standins, kakao


@pytest.fixture(autouse=True)
def _plain_files(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    stores.cache.client.flushdb()


@pytest.fixture
def browser():
    """Asks as a browser does when a person opens a page."""
    return Client(headers={"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})


@pytest.fixture
def user(db, settings):
    """Somebody where it is about noon, without limits."""
    settings.THROTTLE_ENABLED = False
    return somebody()


@pytest.fixture
def me(browser, user):
    """Their browser."""
    browser.force_login(user)
    return browser


@pytest.fixture(scope="session")
def _running():
    with Standins(detail_seconds=0, completion_seconds=0) as running:
        yield running


@pytest.fixture
def standins(_running, settings):
    """The outside services, with Kakao's and the pictures' addresses in the settings."""
    _running.reset()
    stores.broker.client.flushdb()
    breaker.forget()
    id_tokens.keys.forget()
    settings.KAKAO_AUTH_BASE_URL = settings.KAKAO_API_BASE_URL = _running.url("kakao")
    settings.KAKAO_REST_API_KEY = kakao.REST_API_KEY
    settings.KAKAO_CLIENT_SECRET = kakao.CLIENT_SECRET
    settings.KAKAO_APP_ID = str(kakao.APP_ID)
    settings.KAKAO_APP_KEYS = [kakao.NATIVE_APP_KEY]
    return _running
