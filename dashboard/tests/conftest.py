"""Static files as they lie in the source: nothing has collected them in a test."""

import pytest
from django.test import Client

from accounts.tests.conftest import _running, standins  # noqa: F401 - fixtures for the tests here
from core import stores
from core.cache import tiers
from dashboard.tests.plans_of import somebody
from medicines.selectors.dictionary import KEY, SECONDS


@pytest.fixture(autouse=True)
def _plain_files(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    stores.cache.client.flushdb()
    # As a warm process has them, so that a budget counts what is asked for each time.
    tiers().set_many({KEY: b"[]"}, seconds=SECONDS)


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
