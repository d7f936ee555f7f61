"""The sources as a test switches them, over real HTTP."""

import json
from contextlib import ExitStack

import pytest

from core import breaker, stores
from core.cache import tiers
from core.tests.conftest import killable, own_valkey  # noqa: F401 - fixtures for the tests here
from medicines.selectors.dictionary import KEY, SECONDS
from sandbox.standins import Standins


@pytest.fixture(autouse=True)
def _no_curated_words(_empty_cache):
    """As a warm process has them, so that a budget counts what is asked for each time."""
    tiers().set_many({KEY: b"[]"}, seconds=SECONDS)


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


@pytest.fixture
def serve(sources, settings, tmp_path):
    """`serve(easydrug=[row…], permit=[…], ingredients=[…], permit_detail=[…])`: stand-ins with these rows instead."""
    with ExitStack() as running:

        def start(**tables):
            # The stand-ins refuse a folder without products, which an empty list is not.
            folder = tmp_path / f"served-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            for name, rows in {"permit": [], **tables}.items():
                (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
            standins = running.enter_context(Standins(data=folder, detail_seconds=0))
            settings.DATA_GO_KR_BASE_URL = standins.url("datagokr")
            return standins

        yield start
