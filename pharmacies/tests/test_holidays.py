"""Which days are holidays: the library, the official feed above it, a curator above both."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core.errors import VendorBadReply, VendorError
from pharmacies.models import PublicHoliday
from pharmacies.selectors.holidays import calendar
from pharmacies.services.holidays import holidays_changed, sync_holidays

pytestmark = pytest.mark.django_db
LIVE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><response>
<header><resultCode>00</resultCode><resultMsg>NORMAL SERVICE.</resultMsg></header><body><items>{items}</items>
<numOfRows>100</numOfRows><pageNo>1</pageNo><totalCount>{count}</totalCount></body></response>"""


def answer(days):
    items = "".join(
        f"<item><dateKind>01</dateKind><dateName>{name}</dateName><isHoliday>{off}</isHoliday>"
        f"<locdate>{day:%Y%m%d}</locdate><seq>1</seq></item>"
        for day, name, off in days
    )
    return LIVE.format(items=items, count=len(days))


def this_year(count=15):
    first = date(timezone.localdate().year, 1, 1)
    return [(first + timedelta(days=7 * number), f"쉬는 날 {number}", "Y") for number in range(count)]


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2027, 2, 7), "설날"), (date(2027, 2, 9), "설날 대체 휴일"), (date(2026, 9, 25), "추석"),
        (date(2026, 3, 2), "삼일절 대체 휴일"), (date(2026, 5, 24), "부처님오신날"), (date(2026, 12, 1), ""),
    ],
)  # fmt: skip
def test_the_library_knows_lunar_days_and_substitutes(day, name):
    assert calendar().name(day) == name


def test_the_feed_of_two_years(sources):
    year = timezone.localdate().year
    assert sync_holidays() > 30
    assert {row.day.year for row in PublicHoliday.objects.all()} == {year, year + 1}
    assert calendar().name(date(2027, 2, 9)) == "대체공휴일(설날)"
    assert sync_holidays() == PublicHoliday.objects.count()


def test_the_feed_adds_and_takes_away(sources):
    days = this_year()
    days[3] = (days[3][0], "쉬지 않는 날", "N")
    sources.set_fault("datagokr", "garbage", shape=answer(days), times=1)
    sync_holidays()
    assert calendar().name(days[1][0]) == "쉬는 날 1"
    assert calendar().name(days[3][0]) == ""
    assert calendar().name(date(days[0][0].year, 12, 25)) == ""  # the feed is the whole year


def test_two_holidays_on_one_day(sources):
    days = this_year()
    sources.set_fault("datagokr", "garbage", shape=answer([*days, (days[2][0], "또 다른 날", "Y")]), times=1)
    sync_holidays()
    assert calendar().name(days[2][0]) == "쉬는 날 2, 또 다른 날"


def test_a_curator_stands_above_both(sources):
    sync_holidays()
    temporary, working = date(2026, 12, 7), date(2026, 12, 25)
    PublicHoliday.objects.create(day=temporary, name="임시공휴일")
    PublicHoliday.objects.create(day=working, name="기독탄신일", is_holiday=False)
    holidays_changed()
    assert (calendar().name(temporary), calendar().is_holiday(working)) == ("임시공휴일", False)


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("gateway_xml", {"code": 30, "http": 403}), ("garbage", {}), ("html", {}), ("empty", {}), ("status", {}),
        ("garbage", {"shape": answer([(date(2026, 1, 1), "1월1일", "Y")])}),
        ("garbage", {"shape": answer([(date(1999, 1, 1), "1월1일", "Y")] * 15)}),
        ("garbage", {"shape": answer(this_year()).replace("<locdate>2", "<locdate>X")}),
        ("garbage", {"shape": answer(this_year()).replace("<totalCount>15", "<totalCount>99")}),
        ("truncated", {}),
    ],
)  # fmt: skip
def test_nonsense_keeps_the_days_that_are_stored(sources, fault, options):
    sync_holidays()
    before = list(PublicHoliday.objects.order_by("day").values("day", "name"))
    sources.set_fault("datagokr", fault, **options)
    with pytest.raises(VendorError):
        sync_holidays()
    assert list(PublicHoliday.objects.order_by("day").values("day", "name")) == before


def test_a_year_of_few_days_is_not_believed(sources):
    sources.set_fault("datagokr", "garbage", shape=answer(this_year(5)))
    with pytest.raises(VendorBadReply, match="5 days off"):
        sync_holidays()


def test_the_calendar_is_read_once(django_assert_num_queries):
    with django_assert_num_queries(1):
        calendar()
        calendar()
