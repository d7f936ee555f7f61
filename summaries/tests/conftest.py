"""Stand-ins over real HTTP, and a product with a label."""

import pytest

from core import breaker, stores
from core.cache import tiers
from sandbox.standins import Standins
from summaries import easy_words, word_table
from summaries.tests.factories import make_medicine


@pytest.fixture(scope="session")
def _running():
    with Standins(completion_seconds=0, detail_seconds=0) as running:
        yield running


@pytest.fixture
def standins(_running, settings):
    """OpenAI's stand-in, configured, with no fault and no calls so far."""
    _running.reset()
    stores.broker.client.flushdb()
    breaker.forget()
    settings.OPENAI_API_KEY = "sandbox-key"
    settings.OPENAI_BASE_URL = _running.url("openai")
    settings.OPENAI_MODELS = ["gpt-6-luna", "gpt-5.6-luna"]
    yield _running
    _running.reset()


@pytest.fixture(autouse=True)
def _no_memory():
    tiers().memory.clear()
    easy_words.use(None)
    word_table._held = None


@pytest.fixture
def medicine(db):
    return make_medicine()
