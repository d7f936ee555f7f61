"""Writing rows of any source: the same rows again change nothing."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from pharmacies.hours import Week
from pharmacies.models import Pharmacy
from pharmacies.names import normalise
from pharmacies.records import Record

_SAID = ("name", "name_norm", "address", "phone", "lat", "lng", "opens", "closes")


@transaction.atomic
def upsert(*, records: Sequence[Record], as_of: date, run: int | None = None) -> frozenset[int]:
    """Store the rows as of this day; returns the ids of those that are new, back again, or say something else now."""
    held = _held(records)
    # In one order, so that two writers never wait for each other.
    made = [_made(record, as_of, run) for record in sorted(records, key=lambda record: record.key)]
    changed = [row for row in made if _differs(row, held.get((row.source, row.source_id)))]
    Pharmacy.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["source", "source_id"],
        update_fields=[*_SAID, "as_of", "seen_run", "vanished_at", "updated_at"],
    )
    same = held.keys() - {(row.source, row.source_id) for row in changed}
    rows = Pharmacy.objects.filter(pk__in=[held[key].pk for key in same])
    rows.update(as_of=as_of, **({} if run is None else {"seen_run": run}))
    return frozenset(row.pk for row in changed)


def _held(records: Sequence[Record]) -> dict[tuple[str, str], Pharmacy]:
    ids = [record.source_id for record in records]
    sources = {record.source for record in records}
    rows = Pharmacy.objects.filter(source__in=sources, source_id__in=ids)
    return {(row.source, row.source_id): row for row in rows}


def _made(record: Record, as_of: date, run: int | None) -> Pharmacy:
    opens, closes = _columns(record.week)
    return Pharmacy(
        source=record.source, source_id=record.source_id, name=record.name, name_norm=normalise(record.name),
        address=record.address, phone=record.phone, lat=record.lat, lng=record.lng, opens=opens, closes=closes,
        as_of=as_of, seen_run=run,
    )  # fmt: skip


def _columns(week: Week) -> tuple[list[int | None] | None, list[int | None] | None]:
    if not any(week):
        return None, None
    return [slot and slot[0] for slot in week], [slot and slot[1] for slot in week]


def _differs(row: Pharmacy, held: Pharmacy | None) -> bool:
    if held is None or held.vanished_at is not None:
        return True
    return any(getattr(row, name) != getattr(held, name) for name in _SAID)
