"""The running product for the tests of this folder, started once."""

import json
from collections.abc import Iterator

import pytest

from config.tests.running import HELD_BACK, Product
from sandbox.standins.standins import SAMPLE


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    running = Product()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def whole_again(product: Product) -> Iterator[None]:
    """For tests that break parts of the product: nothing is broken before, nothing stays broken after."""
    product.reset()
    yield
    product.revive()


@pytest.fixture(scope="session")
def unread() -> Iterator[str]:
    """item_seqs with a label that no test has asked a summary of."""
    rows = [json.loads(line) for line in (SAMPLE / "easydrug.jsonl").read_text().splitlines()]
    return (row["itemSeq"] for row in rows[60:] if not any(name in row["itemName"] for name in HELD_BACK))
