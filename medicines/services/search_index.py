"""What search reads besides the columns of each product: brands, efficacy and terms, brought up to date in bulk.

The loaders call these after each run. They write only what changed, never hold the catalogue in memory, and may run
beside searches.
"""

from collections.abc import Iterable, Iterator
from hashlib import md5
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction

from medicines.models import MedicineBrand, MedicineCache, MedicineEfficacy
from medicines.search.keys import to_keys
from medicines.search.symptoms import flatten, symptoms_in
from medicines.search.version import VERSION
from medicines.selectors.tiers import lists_changed
from medicines.services.search_terms import rebuild_term_tables

Row = TypeVar("Row")
_BATCH = 1_000
# Two at a time would write the same rows in different orders and end in a deadlock.
_REBUILD_LOCK = 0x50494C4D


def rebuild() -> None:
    """All of it, by one process at a time; lists made of what was there before are then made anew."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")  # for those who wait for the lock, too
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_REBUILD_LOCK])
        rebuild_brands()
        rebuild_terms()
    lists_changed()


def rebuild_brands() -> int:
    """Bring the dictionary of distinct brands up to date; returns how many were added or got other keys."""
    new = _read(
        """SELECT DISTINCT m.brand_name FROM medicine m
           WHERE m.brand_name <> '' AND NOT EXISTS (SELECT 1 FROM medicine_brand b WHERE b.name = m.brand_name)"""
    )
    added = _rekey_brands()
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


def _rekey_brands() -> int:
    """Brands whose keys come out otherwise by today's rules."""
    brands = _read("SELECT id, name, keys FROM medicine_brand")
    moved = (MedicineBrand(pk, name, to_keys(name)) for pk, name, keys in brands if keys != to_keys(name))
    return sum(MedicineBrand.objects.bulk_update(batch, ["keys"]) for batch in _batches(moved))


def rebuild_terms() -> None:
    """Bring efficacy texts, then the postings of all terms, up to date. `ANALYZE`s what it wrote, as the plans need."""
    rebuild_efficacy()
    rebuild_term_tables()


def rebuild_efficacy() -> int:
    """Read the symptoms out of each efficacy text that is new or changed, or was last read by other rules.

    Returns how many there were.
    """
    changed = _read(
        """SELECT DISTINCT ON (c.medicine_id) c.medicine_id, c.efficacy FROM medicine_cache c
           LEFT JOIN medicine_efficacy e ON e.medicine_id = c.medicine_id
           WHERE c.efficacy <> '' AND (e.text_hash IS NULL OR e.text_hash <> md5(%s || c.efficacy))
             AND NOT EXISTS (SELECT 1 FROM medicine_cache o
                             WHERE o.medicine_id = c.medicine_id AND o.source < c.source AND o.efficacy <> '')
           ORDER BY c.medicine_id, c.source""",
        VERSION,
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
        text_hash=md5((VERSION + text).encode(), usedforsecurity=False).hexdigest(),
        flat=flat,
        keys=to_keys(flat),
        symptoms=list(found),
        places=list(found.values()),
    )


def _read(sql: str, *params: str) -> Iterator[tuple[Any, ...]]:
    """Rows by a server-side cursor, so that memory does not grow with the catalogue."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(_BATCH):
            yield from rows


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
