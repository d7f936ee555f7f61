"""Fixtures that every app's tests may use."""

import pytest
from django.core.cache import cache

from core.cache import tiers


@pytest.fixture(autouse=True)
def _empty_cache():
    """No test sees what another one cached."""
    cache.clear()
    tiers().memory._reset()
