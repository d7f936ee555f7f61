"""Writing the catalogue: what the sources say of products, merged and stored, changed rows only.

Nothing here calls outside. Callers drop caches for the item_seqs that come back.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from itertools import groupby

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils import timezone
from psycopg2 import sql

from medicines.labels import SECTIONS, Label
from medicines.merge import Merged, merge
from medicines.models import Medicine, MedicineCache, MedicineIngredient
from medicines.records import Ingredient, Record
from medicines.search.columns import SEARCH_COLUMNS, search_columns

# One writer at a time: pages are small, and two sources may speak of the same product in the same second.
_WRITE_LOCK = 0x50494C4C
_MERGED = tuple(field.name for field in fields(Merged))
_WRITTEN = (*_MERGED, *SEARCH_COLUMNS, "source_facts", "vanished_at", "updated_at")
_COMPARED = ("section_hashes", "item_name", "item_image")
_SEEN_FIELD = {"easy": "easy_seen_run", "permit": "permit_seen_run"}


@transaction.atomic
def upsert_many(*, items: Sequence[Record], run: int | None = None) -> frozenset[str]:
    """Store what a source says of these products; returns the item_seqs whose facts or label changed.

    At most a few hundred at a time. `run`: the MirrorRun that saw them, which also brings vanished products back.
    """
    if not items:
        return frozenset()
    lock_writes()
    unique = list({(item.item_seq, item.source): item for item in items}.values())
    changed = _store_products(unique, seen=run is not None)
    ids = dict(Medicine.objects.filter(item_seq__in={item.item_seq for item in unique}).values_list("item_seq", "id"))
    if run is not None:
        _mark_seen(unique, run)
    return frozenset(changed | _store_labels([(item, item.label) for item in unique if item.label], ids))


@transaction.atomic
def upsert_ingredients(*, items: Sequence[Ingredient], run: int | None = None) -> frozenset[str]:
    """Store main ingredients and give each product that has them their names; returns the item_seqs that changed."""
    if not items:
        return frozenset()
    lock_writes()
    rows = {(item.item_seq, item.position): MedicineIngredient(**asdict(item), seen_run=run) for item in items}
    MedicineIngredient.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["item_seq", "position"],
        update_fields=["name", "name_en", "amount_mg", "seen_run"],
    )
    return apply_ingredients(item_seqs={item.item_seq for item in items})


def apply_ingredients(*, item_seqs: Iterable[str]) -> frozenset[str]:
    """Merge the stored ingredient rows of these products into them; inside the caller's transaction."""
    names: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    rows = MedicineIngredient.objects.filter(item_seq__in=item_seqs).order_by("item_seq", "position")
    for item_seq, name, name_en in rows.values_list("item_seq", "name", "name_en"):
        names[item_seq].append((name, name_en))
    products = list(Medicine.objects.filter(item_seq__in=names).order_by("item_seq"))
    changed = [product for product in products if _say(product, "ingredients", _named(names[product.item_seq]))]
    write(products=changed)
    return frozenset(product.item_seq for product in changed)


def _named(names: Sequence[tuple[str, str]]) -> dict[str, object]:
    said = {
        "ingredients": list(dict.fromkeys(name for name, _ in names)),
        "ingredients_en": list(dict.fromkeys(english for _, english in names if english)),
    }
    return {field: value for field, value in said.items() if value}


def lock_writes() -> None:
    """Until the transaction ends: rows are read, merged and written whole, by one writer at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_WRITE_LOCK])


def _store_products(items: Sequence[Record], *, seen: bool) -> set[str]:
    known = Medicine.objects.in_bulk({item.item_seq for item in items}, field_name="item_seq")
    changed: dict[str, Medicine] = {}
    for item in items:
        product = known.setdefault(item.item_seq, Medicine(item_seq=item.item_seq))
        # A text that was there stays, so a row without one does not unsay it.
        has_text = item.label is not None or "label" in product.source_facts.get(item.source, {})
        said = item.facts.stored() | ({"label": True} if has_text else {})
        if _say(product, item.source, said, back=seen):
            changed[item.item_seq] = product
    write(products=list(changed.values()))
    return set(changed)


def _say(product: Medicine, source: str, said: Mapping[str, object], *, back: bool = False) -> bool:
    """Let a source speak of a product; whether that changed anything. `back`: it is listed, so it has not vanished."""
    returned = back and product.vanished_at is not None
    if product.source_facts.get(source) == said and not returned:
        return False
    product.source_facts = {**product.source_facts, source: said}
    if returned:
        product.vanished_at = None
    remerge(product)
    return True


def remerge(product: Medicine) -> None:
    """Set the merged and searched columns from `source_facts` and `vanished_at`; does not save."""
    merged = merge(product.source_facts, vanished=product.vanished_at is not None)
    found_by = (product.name, product.name_en, product.ingredients)
    for field in _MERGED:
        setattr(product, field, getattr(merged, field))
    if not product.pk or found_by != (product.name, product.name_en, product.ingredients):
        derive(product)


def derive(product: Medicine) -> bool:
    """Set the searched columns from names and ingredients, by today's rules; whether any moved. Does not save."""
    searched = search_columns(name=product.name, name_en=product.name_en, ingredients=product.ingredients)
    moved = [field for field in SEARCH_COLUMNS if getattr(product, field) != getattr(searched, field)]
    for field in moved:
        setattr(product, field, getattr(searched, field))
    return bool(moved)


def write(*, products: Sequence[Medicine]) -> None:
    """Store whole rows, new or changed, in one statement; inside the caller's transaction.

    As one JSON value: `bulk_create(update_conflicts=True)` spends longer on its million parameters than on the rows.
    """
    if not products:
        return
    now = timezone.now()
    columns = _types(field.attname for field in Medicine._meta.concrete_fields if not field.primary_key)
    rows = []
    for product in sorted(products, key=lambda product: product.item_seq):
        product.updated_at = now
        product.created_at = product.created_at if product.pk else now
        rows.append({name: getattr(product, name) for name in columns})
    with connection.cursor() as cursor:
        cursor.execute(_upsert(columns), [json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False)])


def write_derived(*, products: Sequence[Medicine]) -> None:
    """Store the searched columns alone, in one statement; inside the caller's transaction. `updated_at` stays."""
    if not products:
        return
    columns = _types(("id", *SEARCH_COLUMNS))
    rows = [{name: getattr(product, name) for name in columns} for product in products]
    with connection.cursor() as cursor:
        cursor.execute(_update(columns), [json.dumps(rows, ensure_ascii=False)])


def _types(names: Iterable[str]) -> dict[str, str]:
    """PostgreSQL's type of each of these columns of `medicine`."""
    types = {field.attname: field.db_type(connection) or "" for field in Medicine._meta.concrete_fields}
    return {name: types[name] for name in names}


def _update(types: Mapping[str, str]) -> sql.Composed:
    typed = (sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types.items())
    written = (sql.SQL("{0} = r.{0}").format(sql.Identifier(name)) for name in types if name != "id")
    return sql.SQL("UPDATE medicine m SET {written} FROM json_to_recordset(%s) AS r({typed}) WHERE m.id = r.id").format(
        written=sql.SQL(", ").join(written), typed=sql.SQL(", ").join(typed)
    )


def _upsert(types: Mapping[str, str]) -> sql.Composed:
    """The statement for rows that come as a JSON list; `types`: PostgreSQL's type of each column."""
    typed = (sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types.items())
    written = (sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in _WRITTEN)
    return sql.SQL(
        "INSERT INTO medicine ({columns}) SELECT {columns} FROM json_to_recordset(%s) AS r({typed}) "
        "ON CONFLICT (item_seq) DO UPDATE SET {written}"
    ).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, types)),
        typed=sql.SQL(", ").join(typed),
        written=sql.SQL(", ").join(written),
    )


def _mark_seen(items: Sequence[Record], run: int) -> None:
    for source, field in _SEEN_FIELD.items():
        item_seqs = [item.item_seq for item in items if item.source == source]
        if item_seqs:
            Medicine.objects.filter(item_seq__in=item_seqs).update(**{field: run})


def _store_labels(items: Sequence[tuple[Record, Label]], ids: Mapping[str, int]) -> set[str]:
    stored = MedicineCache.objects.filter(medicine_id__in=ids.values()).only("medicine_id", "source", *_COMPARED)
    known = {(row.medicine_id, row.source): row for row in stored}
    new, changed = list[MedicineCache](), list[tuple[MedicineCache, tuple[str, ...]]]()
    touched = set[str]()
    for item, label in items:
        row = known.get((ids[item.item_seq], label.source))
        row = row or MedicineCache(medicine_id=ids[item.item_seq], source=label.source)
        fields = _fill(row, item, label)
        if fields:
            touched.add(item.item_seq)
            changed.append((row, fields)) if row.pk else new.append(row)
    MedicineCache.objects.bulk_create(new)
    _update_labels(changed)
    return touched


def _fill(row: MedicineCache, item: Record, label: Label) -> tuple[str, ...]:
    """Make the row say what the source says; returns the columns that moved (none: it said so already)."""
    hashes, before = label.hashes(), row.section_hashes
    if (before, row.item_name, row.item_image) == (hashes, item.facts.name, item.facts.image_url):
        return ()
    for name in SECTIONS:
        setattr(row, name, label.sections.get(name, ""))
    row.item_name, row.item_image = item.facts.name, item.facts.image_url
    row.efcy_original = label.originals.get("efcyQesitm") or label.originals.get("EE_DOC_DATA", "")
    row.originals, row.section_hashes, row.source_hash = dict(label.originals), hashes, label.source_hash()
    row.source_updated_on, row.last_updated = label.updated_on, timezone.now()
    moved = (name for name in SECTIONS if before.get(name) != hashes.get(name))
    return (*moved, *_COMPARED, "efcy_original", "originals", "source_hash", "source_updated_on", "last_updated")


def _update_labels(changed: Sequence[tuple[MedicineCache, tuple[str, ...]]]) -> None:
    """One UPDATE for each set of columns that moved, so that unmoved texts are not written again."""
    ordered = sorted(changed, key=lambda entry: (entry[1], entry[0].pk))
    for columns, entries in groupby(ordered, key=lambda entry: entry[1]):
        MedicineCache.objects.bulk_update([row for row, _ in entries], columns)
