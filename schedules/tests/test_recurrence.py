"""The recurrence against a slow enumeration of its own, over zones with clock changes and leap days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schedules.recurrence import DEFAULT_MEALS, MEALS, Phase, Rule, first_after, occurrences, with_last
from schedules.tests.slow_recurrence import enumerate_slowly

ZONES = (
    "Asia/Seoul", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo",
    "Pacific/Apia", "Asia/Kathmandu", "America/Santiago", "Pacific/Kiritimati", "UTC",
)  # fmt: skip
SEOUL = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")

clock = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
meal = st.builds(
    lambda name, off: name if off == 0 else f"{name}{off:+d}", st.sampled_from(MEALS), st.integers(-180, 180)
)
slots = st.lists(st.one_of(clock, meal), min_size=1, max_size=5, unique=True).map(tuple)
days = st.one_of(
    # Around clock changes and leap days as often as anywhere.
    st.sampled_from([date(2024, 2, 27), date(2028, 2, 28), date(2026, 3, 6), date(2026, 10, 30), date(2026, 4, 3)]),
    st.dates(date(2019, 1, 1), date(2030, 12, 31)),
)
meals_of_people = st.fixed_dictionaries(dict.fromkeys(MEALS, clock))


@st.composite
def phases(draw, *, days=None):
    kind = draw(st.sampled_from(["daily", "weekdays", "every_days", "every_weeks", "cycle", "hours"]))
    shared = {"slots": draw(slots), "days": None if days is None else draw(days)}
    match kind:
        case "weekdays":
            chosen = draw(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True).map(tuple))
            return Phase(**shared, weekdays=chosen, every_weeks=draw(st.integers(1, 4)))
        case "every_days":
            return Phase(**shared, every_days=draw(st.integers(2, 40)))
        case "every_weeks":
            return Phase(**shared, every_weeks=draw(st.integers(2, 8)))
        case "cycle":
            return Phase(**shared, cycle=(draw(st.integers(1, 30)), draw(st.integers(1, 14))))
        case "hours":
            anchor = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 3_600_000)))
            return Phase(days=shared["days"], every_hours=draw(st.integers(1, 100)), anchor=anchor)
    return Phase(**shared)


@st.composite
def rules(draw):
    starts_on = draw(days)
    ends_on = draw(st.one_of(st.none(), st.integers(0, 400).map(lambda n: starts_on + timedelta(days=n))))
    if draw(st.booleans()):
        doses = draw(st.one_of(st.none(), st.integers(1, 60)))
        return Rule(starts_on, (draw(phases()),), ends_on, doses)
    several = draw(st.lists(phases(days=st.integers(1, 40)), min_size=1, max_size=3))
    return Rule(starts_on, (*several, draw(phases())), ends_on)


PLANS_A_SEED = 20


def random_phase(random, *, days=None):
    """As `phases` draws them, in a hundredth of the time."""
    minutes = random.sample(range(0, 1440, 5), random.randint(1, 4))
    times = {f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes}
    if random.random() < 0.5:
        offset = random.choice([0, 0, 30, -30, 180, -180, 7])
        times.add(random.choice(MEALS) + (f"{offset:+d}" if offset else ""))
    shared = {"slots": tuple(sorted(times)), "days": days}
    return random.choice([
        lambda: Phase(**shared),
        lambda: Phase(**shared, weekdays=tuple(random.sample(range(7), random.randint(1, 6))),
                      every_weeks=random.randint(1, 4)),
        lambda: Phase(**shared, every_days=random.randint(2, 40)),
        lambda: Phase(**shared, every_weeks=random.randint(2, 8)),
        lambda: Phase(**shared, cycle=(random.randint(1, 30), random.randint(1, 14))),
        lambda: Phase(days=days, every_hours=random.randint(1, 100),
                      anchor=datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=random.randint(0, 3_600_000))),
    ])()  # fmt: skip


def random_rule(random):
    near = [date(2024, 2, 27), date(2028, 2, 28), date(2026, 3, 6), date(2026, 10, 30), date(2026, 4, 3)]
    anywhere = date(2019, 1, 1) + timedelta(days=random.randint(0, 4_380))
    starts_on = random.choice([random.choice(near), anywhere])
    ends_on = random.choice([None, starts_on + timedelta(days=random.randint(0, 400))])
    if random.random() < 0.5:
        return Rule(starts_on, (random_phase(random),), ends_on, random.choice([None, random.randint(1, 60)]))
    several = [random_phase(random, days=random.randint(1, 40)) for _ in range(random.randint(1, 3))]
    return Rule(starts_on, (*several, random_phase(random)), ends_on)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=10_000 // PLANS_A_SEED, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_ten_thousand_plans_fall_where_a_slow_enumeration_says(seed, zone):
    random, zone = Random(seed), ZoneInfo(zone)
    for _ in range(PLANS_A_SEED):
        meals = {name: f"{random.randint(0, 23):02d}:{random.randint(0, 59):02d}" for name in MEALS}
        rule = with_last(random_rule(random), meals=meals)
        day = rule.starts_on + timedelta(days=random.choice([-3, 0, 1, 25, random.randint(0, 500)]))
        start = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
        end = start + timedelta(days=random.randint(1, 20))
        fast = [one.at for one in occurrences(rule, zone=zone, meals=meals, start=start, end=end)]
        slow = enumerate_slowly(rule, zone=zone, meals=meals, start=start, end=end)
        assert fast == slow, (rule, meals, start, end)


@settings(max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rules(), st.sampled_from(ZONES), meals_of_people, st.integers(0, 60))
def test_windows_side_by_side_tell_each_dose_once(rule, zone, meals, cut):
    zone, rule = ZoneInfo(zone), with_last(rule, meals=meals)
    start = datetime.combine(rule.starts_on, datetime.min.time(), tzinfo=UTC)
    middle, end = start + timedelta(hours=cut * 7), start + timedelta(days=40)

    def told(begin, finish):
        return occurrences(rule, zone=zone, meals=meals, start=begin, end=finish)

    whole = told(start, end)
    assert sorted([*told(start, min(middle, end)), *told(min(middle, end), end)], key=lambda o: (o.at, o.slot)) == whole
    assert len({one.slot for one in whole}) == len(whole)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(rules(), st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_a_dose_keeps_its_name_in_every_zone(rule, here, there):
    rule = with_last(rule, meals=DEFAULT_MEALS)
    if any(phase.every_hours for phase in rule.phases):
        return
    start = datetime.combine(rule.starts_on, datetime.min.time(), tzinfo=UTC)

    def names(zone, slack):
        window = {"start": start - timedelta(days=slack), "end": start + timedelta(days=20 + slack)}
        return {one.slot for one in occurrences(rule, zone=ZoneInfo(zone), meals=DEFAULT_MEALS, **window)}

    assert names(here, 0) <= names(there, 3)


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def told(rule, zone, start, end, meals=DEFAULT_MEALS):
    rule = with_last(rule, meals=meals)
    found = occurrences(rule, zone=zone, meals=meals, start=at(start, zone), end=at(end, zone))
    return [one.at.astimezone(zone).isoformat()[:16] for one in found]


def test_a_time_that_the_clocks_skip_is_taken_after_the_gap():
    rule = Rule(date(2026, 3, 7), (Phase(("02:30",)),))
    assert told(rule, NEW_YORK, "2026-03-07", "2026-03-10") == [
        "2026-03-07T02:30",
        "2026-03-08T03:30",
        "2026-03-09T02:30",
    ]


def test_a_time_that_the_clocks_repeat_is_taken_once():
    rule = Rule(date(2026, 10, 31), (Phase(("01:30",)),))
    found = occurrences(rule, zone=NEW_YORK, meals={}, start=at("2026-11-01", NEW_YORK), end=at("2026-11-02", NEW_YORK))
    assert [one.at.isoformat() for one in found] == ["2026-11-01T05:30:00+00:00"]


def test_eight_hours_stay_eight_hours_when_the_clocks_change():
    rule = Rule(date(2026, 3, 7), (Phase(every_hours=8, anchor=at("2026-03-07T22:00", NEW_YORK)),))
    found = occurrences(rule, zone=NEW_YORK, meals={}, start=at("2026-03-07", NEW_YORK), end=at("2026-03-09", NEW_YORK))
    gaps = {later.at - earlier.at for earlier, later in pairwise(found)}
    assert gaps == {timedelta(hours=8)}
    assert len(found) == 4


def test_21_on_7_off():
    rule = Rule(date(2026, 1, 1), (Phase(("21:00",), cycle=(21, 7)),))
    days = told(rule, SEOUL, "2026-01-01", "2026-02-01")
    assert days[20] == "2026-01-21T21:00"
    assert days[21] == "2026-01-29T21:00"


def test_a_taper_goes_down_in_phases():
    rule = Rule(
        date(2026, 1, 1),
        (Phase(("08:00", "20:00"), days=2), Phase(("08:00",), days=2), Phase(("08:00",), every_days=2)),
    )
    assert told(rule, SEOUL, "2026-01-01", "2026-01-10") == [
        "2026-01-01T08:00", "2026-01-01T20:00", "2026-01-02T08:00", "2026-01-02T20:00", "2026-01-03T08:00",
        "2026-01-04T08:00", "2026-01-05T08:00", "2026-01-07T08:00", "2026-01-09T08:00",
    ]  # fmt: skip


def test_half_an_hour_after_breakfast_follows_the_persons_breakfast():
    rule = Rule(date(2026, 1, 1), (Phase(("breakfast+30",)),), ends_on=date(2026, 1, 1))
    assert told(rule, SEOUL, "2026-01-01", "2026-02-01", {"breakfast": "06:50"}) == ["2026-01-01T07:20"]


def test_a_late_bedtime_may_be_tomorrow():
    rule = Rule(date(2026, 1, 1), (Phase(("bedtime+30",)),), ends_on=date(2026, 1, 1))
    assert told(rule, SEOUL, "2026-01-01", "2026-02-01", {"bedtime": "23:50"}) == ["2026-01-02T00:20"]


def test_a_number_of_doses_ends_in_the_middle_of_a_day():
    rule = Rule(date(2026, 1, 1), (Phase(("20:00", "08:00", "14:00")),), doses=4)
    assert told(rule, SEOUL, "2026-01-01", "2026-02-01")[-1] == "2026-01-02T08:00"
    assert len(told(rule, SEOUL, "2026-01-01", "2026-02-01")) == 4


def test_the_last_day_counts():
    rule = Rule(date(2026, 1, 1), (Phase(("23:59",)),), ends_on=date(2026, 1, 2))
    assert told(rule, SEOUL, "2026-01-01", "2026-02-01") == ["2026-01-01T23:59", "2026-01-02T23:59"]


def test_a_plan_ten_years_old_costs_no_more_than_a_new_one(monkeypatch):
    """Counted in steps of rrule, not in time."""
    steps = []
    from schedules import recurrence

    plain = recurrence._rrule
    monkeypatch.setattr(recurrence, "_rrule", lambda *a: (steps.append(day) or day for day in plain(*a)))
    for starts_on in (date(2016, 1, 4), date(2026, 1, 5)):
        rule = Rule(starts_on, (Phase(("08:00",), weekdays=(0, 2), every_weeks=2),))
        first_after(rule, zone=SEOUL, meals={}, start=at("2026-03-01", SEOUL), until=at("2026-04-01", SEOUL))
    assert len(steps) < 20
