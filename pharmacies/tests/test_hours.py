"""What weekly hours say of a moment: by cases, and against a year written out minute by minute."""

import random
import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharmacies.hours import (
    DAY,
    DAYS,
    HOLIDAY,
    HORIZON,
    NO_HOURS,
    SEOUL,
    BadTimeError,
    Moment,
    moment,
    opening,
    read_slot,
    read_time,
    read_week,
    shown,
)
from pharmacies.selectors.holidays import Calendar
from pharmacies.tests.factories import hours, week

CALENDAR = Calendar({}, {})
ALL = dict.fromkeys(DAYS, ("0900", "1800"))
WEEKDAYS = dict.fromkeys(DAYS[:5], ("0900", "1900"))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def said(table, text, calendar=CALENDAR):
    return opening(table, moment(at(text), calendar.is_holiday))


@pytest.mark.parametrize(
    ("value", "minutes"),
    [
        ("0900", 540), (900, 540), ("900", 540), (1900, 1140), ("0000", 0), (0, 0), ("0", 0), ("30", 30),
        ("2400", 1440), (2500, 1500), ("3000", 1800), (" 0900 ", 540), ("", None), (None, None), ("null", None),
    ],
)  # fmt: skip
def test_times_in_every_form_of_the_feed(value, minutes):
    assert read_time(value) == minutes


@pytest.mark.parametrize("value", ["9시", "09:00", "0960", "3100", "9999", "-900", "１900", "09000", 9.5, [], {}])
def test_a_time_that_means_nothing(value):
    with pytest.raises(BadTimeError):
        read_time(value)


@pytest.mark.parametrize(
    ("opens", "closes", "slot"),
    [
        ("0900", 1900, (540, 1140)), ("0000", "2400", (0, 1440)), ("2000", "0100", (1200, 1500)),
        ("2000", 2500, (1200, 1500)), ("0900", "0900", (540, 1980)), ("", None, None),
    ],
)  # fmt: skip
def test_slots(opens, closes, slot):
    assert read_slot(opens, closes) == slot


def test_a_bad_day_leaves_the_others():
    bad = {"tue": ("9시", "1900"), "wed": ("0900", ""), "sat": ("2400", 2500)}
    table, problems = read_week(hours(**WEEKDAYS | bad))
    assert [name for name, slot in zip(DAYS, table, strict=True) if slot] == ["mon", "thu", "fri"]
    assert [problem.split(":")[0] for problem in problems] == ["tue", "wed", "sat"]


CASES = {
    "before": (WEEKDAYS, "2026-12-01T08:59:59", "closed", "before_opening", "2026-12-01T09:00", None),
    "at the opening": (WEEKDAYS, "2026-12-01T09:00", "open", "within_hours", None, "2026-12-01T19:00"),
    "last second": (WEEKDAYS, "2026-12-01T18:59:59", "open", "within_hours", None, "2026-12-01T19:00"),
    "at the close": (WEEKDAYS, "2026-12-01T19:00", "closed", "after_closing", "2026-12-02T09:00", None),
    "Friday evening": (WEEKDAYS, "2026-12-04T20:00", "closed", "after_closing", "2026-12-07T09:00", None),
    "Sunday": (WEEKDAYS, "2026-11-29T12:00", "unknown", "day_not_listed", "2026-11-30T09:00", None),
    "no table": ({}, "2026-11-29T12:00", "unknown", "no_hours", None, None),
    "2500": ({"mon": ("2000", 2500)}, "2026-12-01T00:30", "open", "past_midnight", None, "2026-12-01T01:00"),
    "close before open": (
        {"mon": ("2000", "0100")}, "2026-12-01T00:30", "open", "past_midnight", None, "2026-12-01T01:00",
    ),
    "past that": ({"mon": ("2000", "0100")}, "2026-12-01T01:00", "unknown", "day_not_listed", "2026-12-07T20:00", None),
    "2400": ({"mon": ("0900", 2400)}, "2026-11-30T23:59", "open", "within_hours", None, "2026-12-01T00:00"),
    "24 hours, then a gap": (
        dict.fromkeys(DAYS[:5], ("0000", "2400")), "2026-12-01T12:00", "open", "within_hours", None, "2026-12-05T00:00",
    ),
    "always": (dict.fromkeys(DAYS, ("0000", "2400")), "2026-12-01T12:00", "open", "always_open", None, None),
    "Seollal without slot 8": (WEEKDAYS, "2027-02-08T12:00", "unknown", "day_not_listed", "2027-02-10T09:00", None),
    "Seollal with slot 8": (
        WEEKDAYS | {"holiday": ("1000", 1500)}, "2027-02-08T12:00", "open", "holiday_hours", None, "2027-02-08T15:00",
    ),
    "substitute for Seollal": (
        WEEKDAYS | {"holiday": ("1000", 1500)}, "2027-02-09T16:00", "closed", "after_closing", "2027-02-10T09:00", None,
    ),
    "Chuseok's eve past midnight": (
        {"holiday": ("2000", "0400")}, "2026-09-27T03:59", "open", "past_midnight", None, "2026-09-27T04:00",
    ),
    "a holiday's night is the holiday's": (
        ALL | {"thu": ("2000", "0300"), "holiday": ("1000", "1200")}, "2026-12-25T00:30",
        "open", "past_midnight", None, "2026-12-25T03:00",
    ),
    "hours that meet at midnight": (
        {"mon": ("2000", "2400"), "tue": ("0000", "0300")}, "2026-11-30T22:00",
        "open", "within_hours", None, "2026-12-01T03:00",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("days", "when", "state", "reason", "opens", "closes"), CASES.values(), ids=CASES.keys())
def test_a_moment(days, when, state, reason, opens, closes):
    found = said(week(**days), when)
    assert (found.state, found.reason) == (state, reason)
    assert (found.opens_at, found.closes_at) == (opens and at(opens), closes and at(closes))


def test_the_moment_counts_in_seoul_whatever_its_offset():
    table = week(**WEEKDAYS)
    in_new_york = datetime.fromisoformat("2026-11-30T22:00:00-05:00")  # noon on Tuesday in Seoul
    assert opening(table, moment(in_new_york, CALENDAR.is_holiday)).state == "open"


def test_the_week_as_people_read_it():
    assert shown(week(mon=("0900", 2400), tue=("2000", "0100"))) == dict.fromkeys(DAYS) | {
        "mon": {"opens": "09:00", "closes": "24:00", "next_day": False},
        "tue": {"opens": "20:00", "closes": "01:00", "next_day": True},
    }


# --- against a year written out minute by minute ---

OPEN, CLOSED, UNKNOWN = b"oku"
FIRST, DAYS_OF_YEAR = date(2027, 1, 1), 365
NAMES = {OPEN: "open", CLOSED: "closed", UNKNOWN: "unknown"}


YEAR = [FIRST + timedelta(days=offset) for offset in range(-2, DAYS_OF_YEAR + HORIZON + 2)]
PLACES = [HOLIDAY if CALENDAR.is_holiday(day) else day.weekday() for day in YEAR]
MOMENTS = [moment(datetime(day.year, day.month, day.day, tzinfo=SEOUL), CALENDAR.is_holiday) for day in YEAR]


def written_out(table):
    """Every minute of 2027 and some days around it, by the plainest reading of the rules."""
    minutes = bytearray()
    for place in PLACES:
        minutes += bytes([UNKNOWN if table[place] is None else CLOSED]) * DAY
    length = len(minutes)
    for number, place in enumerate(PLACES):
        if table[place] is not None:
            opens, closes = table[place]
            start, end = number * DAY + opens, min(number * DAY + closes, length)
            minutes[start:end] = bytes([OPEN]) * (end - start)
    return minutes


def compare(table, dice, everywhere):
    """At each change and around it, at the given minutes, and at random: the state and its next change."""
    minutes = written_out(table)
    start, end = 2 * DAY, (2 + DAYS_OF_YEAR) * DAY
    changes = [start + run.end() for run in RUN.finditer(minutes[start:end])]
    looked_at = {*changes, *(place - 1 for place in changes), *(dice.randrange(start, end) for _ in range(50))}
    for place in looked_at | everywhere:
        day, minute = divmod(place, DAY)
        now = Moment(MOMENTS[day].midnight, minute, MOMENTS[day].places)
        found = opening(table, now)
        assert found.state == (NAMES[minutes[place]] if any(table) else "unknown"), (table, now)
        expected = _next(minutes, place) if any(table) else None
        told = found.closes_at if found.state == "open" else found.opens_at
        assert told == (expected and MOMENTS[0].midnight + timedelta(minutes=expected)), (table, now)


RUN = re.compile(rb"o+|k+|u+")


def _next(minutes, place):
    """The minute at which it is next open (or no more open), when that lies before the horizon."""
    is_open = minutes[place] == OPEN
    horizon = (place // DAY + HORIZON - (1 if is_open else 0)) * DAY
    following = minutes.find(OPEN, place) if not is_open else _end_of_run(minutes, place)
    return following if 0 <= following < horizon else None


def _end_of_run(minutes, place):
    ends = [found for found in (minutes.find(CLOSED, place), minutes.find(UNKNOWN, place)) if found >= 0]
    return min(ends, default=-1)


def drawn(dice):
    """A weekly table: usual, odd or hardly any hours."""

    def slot():
        opens = dice.choice([0, 540, 600, dice.randrange(DAY)])
        closes = dice.choice([1_080, DAY, 1_500, 1_800, opens + dice.randrange(1, DAY)])
        return None if dice.random() < 0.25 else (opens, closes if closes > opens else closes + DAY)

    table = tuple(slot() for _ in DAYS)
    if dice.random() < 0.4:  # most pharmacies have one and the same for all weekdays
        table = (table[0],) * 5 + table[5:]
    return table


def holiday_minutes(step):
    days = [offset for offset in range(DAYS_OF_YEAR) if CALENDAR.is_holiday(FIRST + timedelta(days=offset))]
    assert len(days) >= 20
    return {(2 + day) * DAY + minute for day in days for minute in range(0, DAY, step)}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_tables_against_the_year_written_out():
    dice = random.Random(20_261_126)
    everywhere = holiday_minutes(120)
    for _ in range(1_000):
        compare(drawn(dice), dice, everywhere)


slots = st.none() | st.builds(
    lambda opens, length: (opens, opens + length), st.integers(0, DAY - 1), st.integers(1, 1_800)
).filter(lambda slot: slot[1] <= 2 * DAY)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[slots] * 8), st.randoms(use_true_random=False))
def test_any_table_against_the_year_written_out(table, dice):
    compare(table, dice, set())


def test_no_hours_at_all():
    assert said(NO_HOURS, "2027-02-08T12:00").reason == "no_hours"
