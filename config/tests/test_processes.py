"""What several processes must agree on: dropped cards, and one caller a name."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from config.tests.running import Product, wait_for

_SET = """
from medicines.models import MedicineCache
from medicines.services.summary import set_summary
label = MedicineCache.objects.filter(medicine__item_seq="{item_seq}").order_by("source").first()
assert set_summary(item_seq="{item_seq}", source_hash=label.source_hash, text="{text}", kind="reviewed")
"""


@pytest.fixture(autouse=True)
def _well(product: Product):
    product.reset()


def test_a_changed_summary_reaches_every_process(product: Product):
    """Long before the half minute that a process remembers a card."""
    first = product.search("타이레놀").json()["results"][0]
    for _ in range(30):
        product.search("타이레놀")
    text = "두 프로세스가 함께 읽는 새 요약이에요."
    product.manage("shell", "-c", _SET.format(item_seq=first["item_seq"], text=text))

    def told() -> bool:
        cards = [product.search("타이레놀").json()["results"][0] for _ in range(20)]
        return all((card["efcy_summary"], card["summary_kind"]) == (text, "reviewed") for card in cards)

    wait_for(told)


def test_a_hundred_at_once_make_one_call_a_source(product: Product):
    product.standins.set_fault("datagokr", "latency", seconds=0.5)
    with ThreadPoolExecutor(100) as people:
        answers = list(people.map(lambda _: product.search("아무도모르는약이름"), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert dict(product.standins.calls("datagokr")) == {"getDrbEasyDrugList": 1, "getDrugPrdtPrmsnInq07": 1}


def test_many_distinct_unknown_names_leave_room_for_the_rest(product: Product):
    """While the source hangs, at most three threads a process wait for it; the other names are answered unchecked."""
    product.standins.set_fault("datagokr", "latency", seconds=10)
    product.search("타이레놀")
    with ThreadPoolExecutor(40) as people:
        unknown = people.map(lambda number: product.search(f"모르는이름{chr(ord('가') + 28 * number)}"), range(40))
        known = [product.search("타이레놀").status_code for _ in range(20)]
        answers = list(unknown)
    assert set(known) == {200}
    unchecked = [answer for answer in answers if answer.status_code == 200]
    assert all(answer.json()["stale"] for answer in unchecked)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert len(unchecked) > len(answers) / 2
