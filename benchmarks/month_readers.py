"""The readers and nights of benchmarks.summary_month, in a process configured like the product's: prints JSON.

`python -m benchmarks.month_readers READERS_A_DAY DAYS CHANGED_SHARE ONE_OF`: of every ONE_OF labels, one is kept.
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
from core import metrics  # noqa: E402
from medicines.models import MedicineCache  # noqa: E402
from medicines.selectors.label_text import easy_labelled  # noqa: E402
from summaries import batches, cost, ledger, selectors, services  # noqa: E402
from summaries.completions import VENDOR  # noqa: E402
from summaries.ledger import Purpose  # noqa: E402
from summaries.models import Summary  # noqa: E402

THREADS = 4
# Of readers who come to a text that is there, so many go through the real path; the others are counted with them.
REPEATED = 0.01


def read(item_seq: str) -> str:
    """One reader: the caches, then the database, then the model. What answered; "label": its own words, for now."""
    held = selectors.cached(item_seq=item_seq, keyword="")
    if held:
        return held[1]
    reading = selectors.read(item_seq=item_seq)
    answered = "label" if reading.wanted else "db"
    claimed = services.claim(label=reading.label, keyword="") if reading.wanted and services.can_generate() else None
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


def collect() -> None:
    """What the vendor was given a night ago is over by now."""
    for pk, state in batches.open_batches():
        if state == "submitted":
            batches.collect(pk=pk)


def night() -> None:
    """As beat has it: labels that changed by the sweep, then batches until nothing is due."""
    for kind, pk in services.sweep():
        services.generate(kind=kind, pk=pk, purpose=Purpose.NIGHTLY)
    while (batch := batches.plan_night()) is not None:
        batches.submit(pk=batch.pk)


def requests() -> float:
    """Every request of this process to the vendor, of files and batches too."""
    samples = (sample for metric in metrics.external_calls.collect() for sample in metric.samples)
    return sum(s.value for s in samples if s.name.endswith("_total") and s.labels["vendor"] == VENDOR)


def one(item_seq: str) -> str:
    try:
        return read(item_seq)
    finally:
        connections.close_all()


def month(products: Sequence[str], readers: int, days: int, changed: float, chance: random.Random) -> dict[str, Any]:
    """A month of readers, upon the texts that are there; its own share of the ledger."""
    before, answered, sent = cost.month(ledger.month_of(timezone.now())), Counter[str](), requests()
    changes = [(chance.randrange(days), item_seq) for item_seq in products if chance.random() < changed]
    with ThreadPoolExecutor(THREADS) as pool:
        for day in range(days):
            for _, item_seq in (pair for pair in changes if pair[0] == day):
                change(item_seq)
            current = set(Summary.objects.filter(work="done").values_list("item_seq", flat=True))
            current -= {item_seq for when, item_seq in changes if when == day}
            batched = set(Summary.objects.filter(work="batched").values_list("item_seq", flat=True))
            wished = Counter(zipf(products, readers, chance))
            first = [item_seq for item_seq in wished if item_seq not in current]
            again = [item_seq for item_seq in wished if item_seq in current and chance.random() < REPEATED]
            answered.update(pool.map(one, [*first, *again]))
            answered["counted only"] += readers - len(first) - len(again)
            answered["batched"] += sum(count for item_seq, count in wished.items() if item_seq in batched)
            collect()
            night()
    after = cost.month(ledger.month_of(timezone.now()))
    spent, texts = after.cost_micros - before.cost_micros, after.calls - before.calls
    batched_texts = _of_purpose(after, Purpose.BATCH) - _of_purpose(before, Purpose.BATCH)
    return {
        "changed": len(changes),
        "readers": readers * days,
        "texts": texts,
        "batched": batched_texts,
        "direct": texts - batched_texts,
        "requests": round(requests() - sent),
        "waiting": answered["batched"],
        "cost": spent / ledger.MICROS,
        "uncached": readers * days * _direct_micros() / ledger.MICROS,
        "real": sum(answered.values()) - answered["counted only"],
    }


def _of_purpose(told: cost.Month, purpose: str) -> int:
    return sum(group.calls for group in told.groups if group.purpose == purpose)


def _direct_micros() -> float:
    """What a direct call costs in the mean."""
    groups = [g for g in cost.month(ledger.month_of(timezone.now())).groups if g.purpose != Purpose.BATCH]
    return sum(g.cost_micros for g in groups) / max(1, sum(g.calls for g in groups))


def main(readers: int, days: int, changed: float, one_of: int) -> None:
    chance = random.Random(SEED)
    products = easy_labelled()
    chance.shuffle(products)
    products = products[::one_of]
    MedicineCache.objects.exclude(medicine__item_seq__in=products).delete()
    months = [month(products, readers, days, changed, chance) for _ in range(2)]
    print(json.dumps({"products": len(products), "months": months}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
