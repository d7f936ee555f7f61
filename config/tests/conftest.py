"""The running product for the tests of this folder, started once."""

from collections.abc import Iterator

import pytest

from config.tests.running import Product


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    running = Product()
    try:
        running.start()
        yield running
    finally:
        running.stop()
