"""The one statement against the plainest reading: all rows measured, the hours asked one by one."""

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection

from pharmacies.hours import DAY, SEOUL, moment, opening
from pharmacies.models import Pharmacy
from pharmacies.records import Record
from pharmacies.selectors.holidays import Calendar
from pharmacies.selectors.nearest import nearest, statement
from pharmacies.services.store import upsert
from pharmacies.tests.factories import CITY_HALL

pytestmark = pytest.mark.django_db
CALENDAR = Calendar({}, {})
COUNT = 400


def slot(dice):
    opens = dice.randrange(DAY)
    return None if dice.random() < 0.3 else (opens, opens + dice.randrange(1, DAY))


@pytest.fixture
def town():
    """Pharmacies around City Hall with hours of every kind."""
    dice = random.Random(7)
    records = [
        Record(
            "nemc", f"C{number}", f"보기{number}약국", "서울", "",
            CITY_HALL[0] + dice.gauss(0, 0.02), CITY_HALL[1] + dice.gauss(0, 0.02), tuple(slot(dice) for _ in range(8)),
        )
        for number in range(COUNT)
    ]  # fmt: skip
    upsert(records=records, as_of=datetime(2026, 11, 26, tzinfo=SEOUL).date())
    return {record.source_id: record for record in records}


def ask(now, *, radius=2_000, limit=COUNT, only=None):
    return nearest(lat=CITY_HALL[0], lng=CITY_HALL[1], radius=radius, limit=limit, now=now, only=only)[0]


def test_every_row_within_the_radius_in_order(town):
    now = moment(datetime(2026, 12, 1, 12, tzinfo=SEOUL), CALENDAR.is_holiday)
    everything = ask(now, radius=20_000)
    assert len(everything) == COUNT
    assert [row.metres for row in everything] == sorted(row.metres for row in everything)
    assert ask(now) == [row for row in everything if row.metres <= 2_000]
    assert ask(now, limit=7) == everything[:7]


def test_open_in_sql_is_open_in_python(town):
    dice = random.Random(11)
    first = datetime(2027, 2, 1, tzinfo=SEOUL)  # Seollal is among these days
    for _ in range(60):
        now = moment(first + timedelta(minutes=dice.randrange(14 * DAY)), CALENDAR.is_holiday)
        expected = [row.id for row in ask(now) if opening(row.week, now).state == "open"]
        assert [row.id for row in ask(now, only="open")] == expected
        assert [row.id for row in ask(now, only="open", limit=5)] == expected[:5]


def test_rows_that_are_merged_or_gone_are_not_shown(town):
    now = moment(datetime(2026, 12, 1, 12, tzinfo=SEOUL), CALENDAR.is_holiday)
    first, second, third = ask(now, limit=3)
    Pharmacy.objects.filter(pk=first.id).update(vanished_at=now.midnight)
    Pharmacy.objects.filter(pk=second.id).update(merged_into=third.id)
    assert ask(now, limit=1)[0].id == third.id
    assert len(ask(now, radius=20_000)) == COUNT - 2


def test_the_index_is_walked(town):
    now = moment(datetime(2026, 12, 1, 12, tzinfo=SEOUL), CALENDAR.is_holiday)
    sql, params = statement(lat=CITY_HALL[0], lng=CITY_HALL[1], radius=3_000, limit=20, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pharmacy")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using idx_pharmacy_place" in plan
    assert "Order By: (place <-> " in plan
