"""Which days are public holidays: a library's calendar, corrected by the official feed, and by curators above both."""

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from django.utils import timezone

from core import replica
from core.cache import tiers
from pharmacies.models import PublicHoliday

KEY = "pharmacy:holidays"
_SECONDS = 3_600
Said = Mapping[date, str]
"""Day to the holiday's name; "" for a day that is none."""


class Calendar:
    """Names of holidays by day. A year that the feed has told is the feed's alone; the library has the others."""

    def __init__(self, feed: Said, curated: Said) -> None:
        self._feed, self._curated = feed, curated
        self._told = frozenset(day.year for day in feed)

    def name(self, day: date) -> str:
        """The holiday's name, "" for a day that is none."""
        if day in self._curated:
            return self._curated[day]
        return self._feed.get(day, "") if day.year in self._told else _of_library(day)

    def is_holiday(self, day: date) -> bool:
        return bool(self.name(day))


def calendar() -> Calendar:
    """As it stands now: from memory, Redis, or one query (of a replica too, while the database is away).

    Raises the database's error.
    """
    held = tiers().get(KEY)
    if held is not None:
        return _read(held[0])
    value, is_old = replica.read_or_old(_load)
    if not is_old:
        tiers().set_many({KEY: value}, seconds=_SECONDS)
    return _read(value)


def _load() -> bytes:
    rows = PublicHoliday.objects.order_by("day").values_list("source", "day", "is_holiday", "name")
    return json.dumps([[source, day.isoformat(), name if off else ""] for source, day, off, name in rows]).encode()


@lru_cache(maxsize=4)
def _read(value: bytes) -> Calendar:
    said: dict[str, dict[date, str]] = {source: {} for source in PublicHoliday.Source.values}
    for source, day, name in json.loads(value):
        said[source][date.fromisoformat(day)] = name
    return Calendar(said[PublicHoliday.Source.FEED], said[PublicHoliday.Source.CURATED])


def load_library() -> None:
    """Have the library ready, which reads three hundred countries: for the master, before it forks."""
    _library_year(timezone.localdate().year)


def _of_library(day: date) -> str:
    return _library_year(day.year).get(day) or ""


@lru_cache(maxsize=8)
def _library_year(year: int) -> Mapping[date, str]:
    # Dear to load, and commands and beat have no use for it (`load_library`).
    import holidays

    return dict(holidays.country_holidays("KR", years=year, language="ko"))
