"""The plan editor's look ahead, and more rows, with and without JavaScript."""

import pytest

from dashboard.tests.plans_of import form, send
from schedules.models import Plan

pytestmark = pytest.mark.django_db


def look(client, user, **fields):
    return client.post("/plans/preview", form(user, **fields), headers={"HX-Request": "true"}).content.decode()


def test_the_look_ahead(me, user):
    page = look(me, user, medicine_name="", form="days", every_days="3", clock=["21:30"], starts_on="2027-01-01")
    assert "3일마다 21:30" in page
    assert "1월 1일 금요일 오후 9:30" in page
    assert "1월 4일 월요일 오후 9:30" in page
    assert "그 뒤로도 이어져요" in page
    assert "골라 주세요" in look(me, user, clock=[])
    assert "한 번도 없어요" in look(me, user, starts_on="2020-01-01", end="date", ends_on="2020-01-02")
    assert not Plan.objects.exists()


def test_the_look_ahead_writes_amounts_as_people_do(me, user):
    phases = {"p0_days": "3", "p0_amount": "2", "p0_clock": ["08:00"], "p1_amount": "0.5", "p1_clock": ["08:00"]}
    assert "3일 동안 매일 08:00 2정 → 매일 08:00 0.5정" in look(me, user, form="taper", **phases)


def test_the_look_ahead_and_more_rows_without_javascript(me, user):
    page = send(me, user, status=200, do="look", notes="메모")
    assert "매일 23:59" in page
    assert page.count('name="clock"') == 3
    page = send(me, user, status=200, do="more-times", clock=["08:00", "12:00", "18:00"])
    assert page.count('name="clock"') == 7
    page = send(me, user, status=200, do="more-phases", form="taper", p2_days="3")
    assert page.count("단계</legend>") == 6


@pytest.mark.parametrize("phases", [1, 25, 90])
def test_phases_are_bounded(me, user, phases):
    fields = {f"p{number}_days": "1" for number in range(phases)}
    assert send(me, user, status=200, do="more-phases", form="taper", **fields).count('_amount" name=') <= 20
