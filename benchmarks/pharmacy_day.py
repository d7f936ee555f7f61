"""`python -m benchmarks.pharmacy_day LOOKUPS`: two days of lookups through the product's own code, as JSON.

The first day begins with no cell known. What a request would leave to a task is done at once. For
benchmarks.pharmacies, with the variables of its site.
"""

import json
import os
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - models load after the setup

from pharmacies.models import Pharmacy, PharmacyCell  # noqa: E402
from pharmacies.services import kakao, kakao_quota  # noqa: E402

# How far from a town's middle people are, in degrees: about two kilometres.
_SPREAD = 0.018
_RADIUS = 2_000

Town = tuple[float, float, int]
"""Middle (lat, lng) and how many pharmacies there are."""


def main() -> None:
    lookups = int(sys.argv[1])
    towns = _towns()
    days = [_day("the first", towns, lookups, random.Random(1))]
    _age()
    days.append(_day("a later one", towns, lookups, random.Random(2)))
    sys.stdout.write(json.dumps(days) + "\n")


def _towns() -> list[Town]:
    """The middle of every city, county and ward, as the addresses name them."""
    places: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for address, lat, lng in Pharmacy.objects.exclude(source="kakao").values_list("address", "lat", "lng"):
        places[" ".join(address.split()[:2])].append((lat, lng))
    return [(median(lat for lat, _ in held), median(lng for _, lng in held), len(held)) for held in places.values()]


def _points(towns: list[Town], count: int, dice: random.Random) -> Iterator[tuple[float, float]]:
    for lat, lng, _ in dice.choices(towns, weights=[size for _, _, size in towns], k=count):
        yield lat + dice.gauss(0, _SPREAD), lng + dice.gauss(0, _SPREAD * 1.25)


def _day(name: str, towns: list[Town], lookups: int, dice: random.Random) -> dict[str, object]:
    before = kakao_quota.spent()
    for cell in kakao.due(limit=100_000):
        kakao.fetch_alone(cell=cell)
    for lat, lng in _points(towns, lookups, dice):
        for cell in kakao.cover(lat=lat, lng=lng, radius=_RADIUS).missing:
            kakao.fetch_alone(cell=cell)
    calls, cells = kakao_quota.spent() - before, PharmacyCell.objects.count()
    return {"day": name, "lookups": lookups, "cells": cells, "calls": calls}


def _age() -> None:
    """Spread the moments of fetching over the last thirty days, as they would be after a month."""
    now = timezone.now()
    cells = list(PharmacyCell.objects.order_by("cell"))
    for number, cell in enumerate(cells):
        cell.fetched_at = cell.tried_at = now - timedelta(days=30 * (number + 0.99) / max(1, len(cells)) + 1)
    PharmacyCell.objects.bulk_update(cells, ["fetched_at", "tried_at"], batch_size=500)


if __name__ == "__main__":
    main()
