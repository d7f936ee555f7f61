"""Made-up pharmacies."""

import itertools
from datetime import date

from pharmacies.hours import NO_HOURS, read_week
from pharmacies.models import Pharmacy
from pharmacies.records import Record
from pharmacies.services.store import upsert

CITY_HALL = (37.5665, 126.9780)
_numbers = itertools.count(1)


def item(hpid=None, name=None, lat=CITY_HALL[0], lng=CITY_HALL[1], **more):
    """A row as the national feed has it in JSON; days are given as mon=("0900", 1900)."""
    number = next(_numbers)
    row = {
        "dutyAddr": "서울특별시 중구 보기로 1",
        "dutyName": name or f"보기{number}약국",
        "dutyTel1": "",
        "hpid": hpid or f"C{number:07}",
        "wgs84Lat": lat,
        "wgs84Lon": lng,
    }
    return row | more


def hours(**days):
    """dutyTime keys: hours(mon=("0900", 1900), holiday=("1000", 1500))."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
    keys = {}
    for name, (opens, closes) in days.items():
        number = names.index(name) + 1
        keys |= {f"dutyTime{number}s": opens, f"dutyTime{number}c": closes}
    return keys


WEEKDAYS = hours(**dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("0900", 1900)))


def week(**days):
    return read_week(hours(**days))[0]


TODAY = date(2026, 11, 26)


def store(
    name="보기약국", lat=CITY_HALL[0], lng=CITY_HALL[1], *, source="nemc", source_id=None, phone="", week=NO_HOURS,
    as_of=TODAY, run=None,
):  # fmt: skip
    record = Record(source, source_id or f"X{next(_numbers)}", name, "서울특별시 중구", phone, lat, lng, week)
    upsert(records=[record], as_of=as_of, run=run)
    return Pharmacy.objects.get(source=record.source, source_id=record.source_id)


def metres_north(lat, metres):
    return lat + metres / 111_000
