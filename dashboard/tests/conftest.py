"""Static files as they lie in the source: nothing has collected them in a test."""

import pytest
from django.test import Client

from core import stores


@pytest.fixture(autouse=True)
def _plain_files(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    stores.cache.client.flushdb()


@pytest.fixture
def browser():
    """Asks as a browser does when a person opens a page."""
    return Client(headers={"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
