"""Fixtures that every app's tests may use."""

import pytest
from django.core.cache import cache

from core.cache import tiers
from core.tests import log_watch


@pytest.fixture(autouse=True)
def _empty_cache():
    """No test sees what another one cached."""
    cache.clear()
    tiers().memory._reset()


def pytest_configure(config):
    log_watch.install()


def pytest_collection_modifyitems(items):
    """What judges the whole run comes after it."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)
