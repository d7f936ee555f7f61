"""The official feed of days off, this year's and the next one's, read nightly."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from core.cache import tiers
from core.errors import VendorBadReply
from pharmacies import client
from pharmacies.models import PublicHoliday
from pharmacies.records import Holiday
from pharmacies.selectors.holidays import KEY

# A year has fifteen or more; a list much shorter is not believed, since it replaces the whole year.
_BELIEVABLE = 10


def sync_holidays() -> int:
    """Read both years; returns how many days there are. Raises what the client raises; stored years stay."""
    this_year = timezone.localdate().year
    return sum(_store(year, client.holidays_of(year)) for year in (this_year, this_year + 1))


def holidays_changed() -> None:
    """Let every process read the calendar anew. Call after the transaction has committed."""
    tiers().delete_many([KEY])


def _store(year: int, days: Sequence[Holiday]) -> int:
    if sum(day.is_holiday for day in days) < _BELIEVABLE:
        # Next year's list is not out yet; for this year it would be nonsense.
        if year > timezone.localdate().year:
            return 0
        raise VendorBadReply("datagokr", f"{len(days)} days off in a year")
    with transaction.atomic():
        PublicHoliday.objects.filter(source=PublicHoliday.Source.FEED, day__year=year).delete()
        PublicHoliday.objects.bulk_create(_rows(days))
    holidays_changed()
    return len(days)


def _rows(days: Sequence[Holiday]) -> list[PublicHoliday]:
    """A row a day: two holidays of one day are named together."""
    named: dict[object, PublicHoliday] = {}
    for said in sorted(days, key=lambda said: not said.is_holiday):
        row = named.setdefault(
            said.day,
            PublicHoliday(day=said.day, source=PublicHoliday.Source.FEED, is_holiday=said.is_holiday, name=said.name),
        )
        if said.is_holiday and said.name not in row.name:
            row.name = f"{row.name}, {said.name}"[:60]
    return list(named.values())
