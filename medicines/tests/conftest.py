"""The sources as a test switches them, over real HTTP."""

import pytest

from core import breaker, stores
from sandbox.standins import Standins


@pytest.fixture(scope="session")
def _standins():
    with Standins(detail_seconds=0) as standins:
        yield standins


@pytest.fixture
def sources(_standins, settings):
    """The stand-ins with our sample, the product's settings pointing at them, and no memory of earlier calls."""
    stores.broker.client.flushdb()
    breaker.forget()
    settings.DATA_GO_KR_BASE_URL = _standins.url("datagokr")
    settings.DATA_GO_KR_SERVICE_KEY = "sandbox-key"
    yield _standins
    _standins.reset()
    stores.broker.client.flushdb()
    breaker.forget()
