"""The product behind nginx, started once for this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.tests.conftest import OwnValkey
from deploy.tests import engine
from deploy.tests.edge import Behind, Edge


@pytest.fixture(scope="package")
def product() -> Iterator[Behind]:
    running = Behind()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def edge(product: Behind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    running = Edge(tmp_path_factory.mktemp("edge"), product.own_ports, shared=product.port)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnValkey]:
    valkey = OwnValkey(tmp_path_factory.mktemp("vk"))
    valkey.start()
    yield valkey
    valkey.kill()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    return engine.make(tmp_path)
