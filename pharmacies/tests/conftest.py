"""The sources as a test switches them, over real HTTP."""

import json
from contextlib import ExitStack

import pytest

from core import breaker, stores
from core.tests.conftest import killable, own_valkey  # noqa: F401 - fixtures for the tests here
from pharmacies.services import kakao
from sandbox.standins import Standins


@pytest.fixture(scope="session")
def _standins():
    with Standins(detail_seconds=0) as standins:
        yield standins


def _point(settings, standins):
    settings.DATA_GO_KR_BASE_URL = standins.url("datagokr")
    settings.DATA_GO_KR_SERVICE_KEY = "sandbox-key"
    settings.KAKAO_LOCAL_BASE_URL = standins.url("kakao_local")
    settings.KAKAO_REST_API_KEY = "sandbox-key"


@pytest.fixture(autouse=True)
def _no_memory():
    """No test meets another one's breakers, quotas and leases."""
    stores.broker.client.flushdb()
    breaker.forget()
    kakao._places._reset()
    yield
    stores.broker.client.flushdb()
    breaker.forget()


@pytest.fixture
def sources(_standins, settings):
    """The stand-ins with our sample, and the product's settings pointing at them."""
    _point(settings, _standins)
    yield _standins
    _standins.reset()


@pytest.fixture
def serve(settings, tmp_path):
    """`serve(pharmacies=[row…], kakao_places=[…])`: stand-ins with these rows instead."""
    with ExitStack() as running:

        def start(**tables):
            folder = tmp_path / f"served-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            for name, rows in {"permit": [], **tables}.items():
                (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
            standins = running.enter_context(Standins(data=folder, detail_seconds=0))
            _point(settings, standins)
            return standins

        yield start
