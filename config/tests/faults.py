"""What the tests of faults share: names that the catalogue has, and how they are found in spite of everything."""

from config.tests.running import Product

KNOWN = ("타이레놀", "부루펜", "게보린", "두통")
UNKNOWN = "마그밀"  # the sources have it; the tests never let it through


def known_names_are_found(product: Product) -> None:
    for q in KNOWN:
        answer = product.search(q)
        assert answer.status_code == 200, answer.text
        assert answer.json()["results"]
        assert answer.json()["stale"] is False
