"""What search reads besides the columns of each product: brands, efficacy and terms, brought up to date in bulk.

The loaders call these after each run. They write only what changed, never hold the catalogue in memory, and may run
beside searches.
"""

from collections.abc import Iterable, Iterator
from hashlib import md5
from itertools import islice
from typing import Any

from django.db import connection, transaction

from medicines.models import MedicineBrand, MedicineCache, MedicineEfficacy
from medicines.search.keys import to_keys
from medicines.search.symptoms import flatten, symptoms_in
from medicines.services.search_terms import rebuild_term_tables

_BATCH = 1_000


def rebuild_brands() -> int:
    """Bring the dictionary of distinct brands up to date; returns how many were added."""
    new = _read(
        """SELECT DISTINCT m.brand_name FROM medicine m
           WHERE m.brand_name <> '' AND NOT EXISTS (SELECT 1 FROM medicine_brand b WHERE b.name = m.brand_name)"""
    )
    added = 0
    for batch in _batches(new):
        MedicineBrand.objects.bulk_create(
            [MedicineBrand(name=name, keys=to_keys(name)) for (name,) in batch], ignore_conflicts=True
        )
        added += len(batch)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM medicine_brand b WHERE NOT EXISTS (SELECT 1 FROM medicine m WHERE m.brand_name = b.name)"
        )
    return added


def rebuild_terms() -> None:
    """Bring efficacy texts, then the postings of all terms, up to date. `ANALYZE`s what it wrote, as the plans need."""
    rebuild_efficacy()
    rebuild_term_tables()


def rebuild_efficacy() -> int:
    """Read the symptoms out of each efficacy text that is new or changed; returns how many there were."""
    changed = _read(
        """SELECT DISTINCT ON (c.medicine_id) c.medicine_id, c.efficacy FROM medicine_cache c
           LEFT JOIN medicine_efficacy e ON e.medicine_id = c.medicine_id
           WHERE c.efficacy <> '' AND (e.text_hash IS NULL OR e.text_hash <> md5(c.efficacy))
             AND NOT EXISTS (SELECT 1 FROM medicine_cache o
                             WHERE o.medicine_id = c.medicine_id AND o.source < c.source AND o.efficacy <> '')
           ORDER BY c.medicine_id, c.source"""
    )
    written = 0
    for batch in _batches(changed):
        MedicineEfficacy.objects.bulk_create(
            [_efficacy(medicine_id, text) for medicine_id, text in batch],
            update_conflicts=True,
            unique_fields=["medicine_id"],
            update_fields=["text_hash", "flat", "keys", "symptoms", "places"],
        )
        written += len(batch)
    MedicineEfficacy.objects.exclude(
        medicine__in=MedicineCache.objects.exclude(efficacy="").values("medicine")
    ).delete()
    return written


def _efficacy(medicine_id: int, text: str) -> MedicineEfficacy:
    flat = flatten(text)
    found = symptoms_in(text)
    return MedicineEfficacy(
        medicine_id=medicine_id,
        text_hash=md5(text.encode(), usedforsecurity=False).hexdigest(),
        flat=flat,
        keys=to_keys(flat),
        symptoms=list(found),
        places=list(found.values()),
    )


def _read(sql: str) -> Iterator[tuple[Any, ...]]:
    """Rows by a server-side cursor, so that memory does not grow with the catalogue."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(_BATCH):
            yield from rows


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
