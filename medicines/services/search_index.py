"""What search reads, computed from the catalogue: columns of each product (pure), brands, efficacy and terms (bulk).

The loaders call `search_columns` for each row they write, and the rebuilds after each run. The rebuilds write only what
changed, never hold the catalogue in memory, and may run beside searches.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from hashlib import md5
from itertools import islice
from typing import Any

from django.db import connection, transaction

from medicines.models import MedicineBrand, MedicineCache, MedicineEfficacy
from medicines.search.ingredients import bases_of
from medicines.search.keys import initial_keys, to_keys
from medicines.search.normalise import normalise, parse_name
from medicines.search.symptoms import flatten, symptoms_in
from medicines.services.search_terms import rebuild_term_tables

_BATCH = 1_000
# A note in parentheses that is no ingredient: flavours, packs, uses.
_NO_INGREDIENT = re.compile("향$|용$|용[:：]|맛$|명[:：]|허가|[0-9]호$")
# B-tree rows must stay under 2,704 bytes; the longest licensed names have under 400 characters.
_LONGEST = 800


@dataclass(frozen=True, slots=True)
class SearchColumns:
    """The columns of `Medicine` that search reads; the names are those of the model's fields."""

    name_norm: str
    name_keys: str
    name_initials: str
    name_en_keys: str
    brand_name: str
    strengths: list[str]
    substances: list[str]


SEARCH_COLUMNS = tuple(field.name for field in fields(SearchColumns))


def search_columns(*, name: str, name_en: str = "", ingredients: Sequence[str] = ()) -> SearchColumns:
    """The search columns of one product. Without listed ingredients, those in the name's parentheses count. Pure."""
    parsed = parse_name(name)
    names = "".join(f"{each}|" for each in (parsed.core, *parsed.aliases))[:_LONGEST]
    noted = [part for note in parsed.notes for part in re.split("[,·/]", note) if not _NO_INGREDIENT.search(part)]
    return SearchColumns(
        name_norm=names,
        name_keys=to_keys(names)[:_LONGEST],
        name_initials=initial_keys(parsed.core)[:_LONGEST],
        name_en_keys=to_keys(normalise(name_en))[:_LONGEST],
        brand_name=parsed.brand[:_LONGEST],
        strengths=list(parsed.strengths),
        substances=bases_of(list(ingredients) or noted),
    )


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
