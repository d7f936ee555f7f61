"""The readers of benchmarks.summary_month, in a process that is configured like the product's: prints JSON.

`python -m benchmarks.month_readers READERS_A_DAY DAYS CHANGED_SHARE ONE_OF`: of every ONE_OF products, one is read.
"""

import hashlib
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connections  # noqa: E402 - models load after the setup
from django.utils import timezone  # noqa: E402

from benchmarks.traffic import SEED, zipf  # noqa: E402
from medicines.models import MedicineCache  # noqa: E402
from medicines.selectors.label_text import easy_labelled  # noqa: E402
from summaries import cost, ledger, selectors, services  # noqa: E402
from summaries.models import Summary  # noqa: E402

THREADS = 4
# Of readers who come to a text that is there, so many go through the real path; the others are counted with them.
REPEATED = 0.01


def read(item_seq: str) -> str:
    """One reader: the caches, then the database, then the model. What answered."""
    held = selectors.cached(item_seq=item_seq, keyword="")
    if held:
        return held[1]
    reading = selectors.read(item_seq=item_seq)
    answered = "db"
    if reading.wanted and services.can_generate():
        claimed = services.claim(label=reading.label, keyword="")
        if claimed:
            services.generate(kind=claimed[0], pk=claimed[1])
        reading, answered = selectors.read(item_seq=item_seq), "generated"
    if reading.final:
        selectors.keep(reading, selectors.encode(reading.body))
    return answered


def change(item_seq: str) -> None:
    """A new text of the label: one sentence more."""
    label = MedicineCache.objects.get(medicine__item_seq=item_seq, source=MedicineCache.Source.EASY)
    text = f"{label.storage} 뚜껑을 잘 닫아 두십시오."
    new_hash = hashlib.sha256((label.source_hash + text).encode()).hexdigest()
    MedicineCache.objects.filter(pk=label.pk).update(storage=text, source_hash=new_hash[: len(label.source_hash)])


def one(item_seq: str) -> str:
    try:
        return read(item_seq)
    finally:
        connections.close_all()


def month(products: Sequence[str], readers: int, days: int, changed: float, chance: random.Random) -> dict[str, Any]:
    """A month of readers, upon the texts that are there; its own share of the ledger."""
    before, answered = cost.month(ledger.month_of(timezone.now())), Counter[str]()
    changes = [(chance.randrange(days), item_seq) for item_seq in products if chance.random() < changed]
    current = set(Summary.objects.filter(work="done").values_list("item_seq", flat=True))
    with ThreadPoolExecutor(THREADS) as pool:
        for day in range(days):
            for _, item_seq in (pair for pair in changes if pair[0] == day):
                change(item_seq)
                current.discard(item_seq)
            wished = Counter(zipf(products, readers, chance))
            first = [item_seq for item_seq in wished if item_seq not in current]
            again = [item_seq for item_seq in wished if item_seq in current and chance.random() < REPEATED]
            answered.update(pool.map(one, [*first, *again]))
            current.update(first)
            answered["counted only"] += readers - len(first) - len(again)
    after = cost.month(ledger.month_of(timezone.now()))
    spent, calls = after.cost_micros - before.cost_micros, after.calls - before.calls
    return {
        "changed": len(changes),
        "readers": readers * days,
        "calls": calls,
        "cost": spent / ledger.MICROS,
        "uncached": readers * days * spent / max(1, calls) / ledger.MICROS,
        "real": sum(answered.values()) - answered["counted only"],
    }


def main(readers: int, days: int, changed: float, one_of: int) -> None:
    chance = random.Random(SEED)
    products = easy_labelled()
    chance.shuffle(products)
    products = products[::one_of]
    months = [month(products, readers, days, changed, chance) for _ in range(2)]
    print(json.dumps({"products": len(products), "months": months}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
