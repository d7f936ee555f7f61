"""Fixtures that every app's tests may use."""

import pytest
from django.conf import settings
from django.core.cache import cache

from core.cache import tiers
from core.tests import log_watch, seeds
from core.tests.skips import pytest_runtest_makereport  # noqa: F401 - a hook


@pytest.fixture(autouse=True)
def _empty_cache():
    """No test sees what another one cached, or what Redis still owes it."""
    cache.clear()
    tiers().memory._reset()
    tiers().owed._reset()


@pytest.fixture(autouse=True)
def _no_secret_in_a_log_line():
    yield
    leaks, log_watch.leaks = log_watch.leaks, []
    assert leaks == []


def pytest_configure(config):
    # The product's own takes a second, by intention.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    log_watch.install()
    seeds.install()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Files with slow tests first, so that no process is left alone with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
