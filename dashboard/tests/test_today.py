"""`/today`, `/days/…`, `/calendar`: ticked once whatever happens, and the same with and without JavaScript."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.tests.plans_of import HTMX, day_of, dose, page, plan, somebody, today
from medicines.tests.factories import store_easy
from schedules.models import Plan, Schedule
from schedules.selectors.people import person as found
from schedules.services import intakes

pytestmark = pytest.mark.django_db


def tap(client, user, row, do, status=302, **fields):
    given = {"do": do, "day": day_of(user, row), **fields}
    answer = client.post(f"/doses/{row.pk}", given)
    assert answer.status_code == status, answer.content.decode()[:800]
    row.refresh_from_db()
    return answer


def test_wants_a_login(browser, db):
    for path in ("/today", "/days/2026-11-26", "/calendar", "/plans", "/plans/new", "/sheet", "/sheet.pdf", "/me"):
        assert browser.get(path)["Location"].startswith("/login?next="), path


def test_nothing_yet(me):
    html = page(me)
    assert "아직 넣은 약이 없어요" in html
    assert 'href="/plans/new"' in html


def test_the_doses_of_the_day_in_order(me, user):
    plan(user, medicine_name="저녁약", times=["21:00"])
    plan(user, medicine_name="아침약", times=["07:00", "breakfast+30"])
    tomorrow = (today(user) + timedelta(days=1)).isoformat()
    html = page(me, f"/days/{tomorrow}")
    assert [html.index(shown) for shown in ("오전 7:00", "오전 8:30", "오후 9:00")] == sorted(
        html.index(shown) for shown in ("오전 7:00", "오전 8:30", "오후 9:00")
    )
    assert html.count("아침약</a>") == 2


def test_others_doses_are_not_there(me, user):
    theirs = dose(somebody(2), name="남의약", minutes=-5)
    assert "남의약" not in page(me)
    assert me.post(f"/doses/{theirs.pk}", {"do": "taken"}).status_code == 404
    theirs.refresh_from_db()
    assert not theirs.completed


def test_tick_and_undo(me, user):
    row = dose(user, minutes=-5)
    answer = tap(me, user, row, "taken")
    assert answer["Location"].endswith(f"#dose-{row.pk}")
    assert row.completed
    html = page(me, f"/days/{day_of(user, row)}", follow=True)
    assert "먹었어요" in html
    tap(me, user, row, "undo", seen=row.changed_seq)
    assert not row.completed


def test_skip(me, user):
    row = dose(user, minutes=-5)
    tap(me, user, row, "skip")
    assert row.skipped_at
    assert not row.completed


def test_a_missed_dose_is_told_and_ticked_at_its_time(me, user):
    row = dose(user, hours=-3)
    html = page(me, f"/days/{day_of(user, row)}", follow=True)
    assert "놓쳤어요" in html
    assert "제시간에 먹었어요" in html
    tap(me, user, row, "on-time")
    assert row.completed_at == row.scheduled_time


def test_at_another_time(me, user):
    row = dose(user, hours=-3)
    at = (row.scheduled_time + timedelta(minutes=50)).astimezone(found(user.pk).zone)
    tap(me, user, row, "at", at=at.strftime("%Y-%m-%dT%H:%M"))
    assert row.completed_at == at.replace(second=0, microsecond=0)


@pytest.mark.parametrize("at", ["", "어제", "2026-13-01T08:00", "2099-01-01T08:00", "2001-01-01T08:00", "1" * 4_000])
def test_a_time_that_cannot_be_is_told_beside_its_field(me, user, at):
    row = dose(user, hours=-3)
    html = tap(me, user, row, "at", status=400, at=at).content.decode()
    assert f'aria-describedby="refused-{row.pk}"' in html
    assert f'id="refused-{row.pk}" role="alert"' in html
    assert not row.completed


def test_two_taps_and_two_tabs_tick_once(me, user):
    made = plan(user, times=["08:00"], stock={"amount": "10"})
    row = Schedule.objects.filter(plan=made).order_by("scheduled_time").first()
    Schedule.objects.filter(pk=row.pk).update(scheduled_time=timezone.now())
    row.refresh_from_db()
    for _ in range(3):
        tap(me, user, row, "taken")
    assert Plan.objects.get(pk=made.pk).stock == 9
    assert "이미 먹었다고 표시되어 있어요" in page(me, f"/days/{day_of(user, row)}", follow=True)


def test_another_phone_was_faster(me, user):
    row = dose(user, minutes=-5)
    intakes.skip(user_id=user.pk, id_=row.pk, at=None)
    tap(me, user, row, "taken")
    assert row.skipped_at
    assert not row.completed
    assert "다른 곳에서 먼저 건너뛴다고 표시했어요" in page(me, f"/days/{day_of(user, row)}", follow=True)


def test_an_old_page_undoes_nothing_new(me, user):
    row = dose(user, minutes=-5)
    intakes.complete(user_id=user.pk, id_=row.pk, at=None)
    tap(me, user, row, "undo", seen=1)
    assert row.completed
    assert "그사이 다른 곳에서 바뀌었어요" in page(me, f"/days/{day_of(user, row)}", follow=True)


def test_all_of_a_moment_by_one_tap(me, user):
    rows = [dose(user, name=f"약{number}", minutes=-5) for number in range(3)]
    given = {"id": [str(row.pk) for row in rows], "day": day_of(user, rows[0])}
    assert me.post("/doses/together", given).status_code == 302
    assert Schedule.objects.filter(completed=True).count() == 3
    assert me.post("/doses/together", {"id": ["'; drop table"]}).status_code == 404


def test_by_htmx_comes_the_day_alone(me, user):
    row = dose(user, minutes=-5)
    answer = me.post(f"/doses/{row.pk}", {"do": "taken", "day": day_of(user, row)}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in html
    assert f'id="dose-{row.pk}"' in html
    assert "1번 가운데 1번 먹었어요" in html
    refused = me.post(f"/doses/{row.pk}", {"do": "???", "day": day_of(user, row)}, headers=HTMX)
    assert refused.status_code == 200


def test_a_login_that_ended_is_told_to_a_part_of_a_page(browser, user):
    row = dose(user, minutes=-5)
    assert browser.post(f"/doses/{row.pk}", {"do": "taken"}, headers=HTMX).status_code == 401


@pytest.mark.parametrize("on", ["2026-02-30", "1999-12-31", "9999-99-99", "today", "%00", "２０２６-01-01"])
def test_days_that_are_none(me, on):
    assert "그런 날짜가 없어요" in page(me, f"/days/{on}", status=404)


def test_far_ahead_nothing_can_be_ticked(me, user):
    plan(user, times=["08:00"])
    html = page(me, f"/days/{today(user) + timedelta(days=5)}")
    assert "가나정" in html
    assert 'value="taken"' not in html


def test_a_low_stock_is_told(me, user):
    plan(user, times=["08:00"], stock={"amount": "2"})
    assert "떨어지는 약: <strong>가나정" in page(me)


# The month


def test_the_month(me, user):
    row = dose(user, minutes=-5)
    tap(me, user, row, "taken")
    html = page(me, f"/calendar?month={day_of(user, row)[:7]}")
    assert "먹을 때 1번 가운데 1번 먹었어요 (100%)" in html
    assert f'href="/days/{day_of(user, row)}"' in html
    assert "1번 가운데 1번 먹음" in html
    assert html.count('href="/days/') >= 28


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-1", "abcd-ef", "1999-01", "2100-01", "<b>", "9" * 3_000])
def test_months_that_are_none(me, month):
    assert me.get("/calendar", {"month": month}).status_code == 400


@pytest.mark.parametrize("month", ["2026-02", "2027-01", "2024-02", "2001-01", "2099-12"])
def test_every_month_has_all_its_days(me, month):
    assert "<table" in page(me, f"/calendar?month={month}")


# Statements


def full(user, count):
    """So many doses today, and as many medicines as needed as tests of the budget ask for."""
    store_easy()
    for number in range(count // 10):
        plan(user, medicine_name=f"약{number}", times=[f"{hour:02}:00" for hour in range(10)], stock={"amount": "100"})
        plan(user, medicine_name=f"필요{number}", times=None, as_needed={"min_gap": 60})
    zone = found(user.pk).zone
    start = timezone.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for number, row in enumerate(Schedule.objects.filter(user=user).order_by("scheduled_time")[:count]):
        Schedule.objects.filter(pk=row.pk).update(scheduled_time=start + timedelta(minutes=10 * number))


def statements(client, path, django_assert_max_num_queries):
    client.get(path)
    with django_assert_max_num_queries(100) as captured:
        client.get(path)
    return len(captured)


@pytest.mark.parametrize("path", ["/today", "/calendar", "/plans", "/sheet", "/me"])
def test_fifty_doses_cost_as_many_statements_as_ten(me, user, path, django_assert_max_num_queries):
    full(user, 10)
    few = statements(me, path, django_assert_max_num_queries)
    Plan.objects.all().delete()
    full(user, 50)
    assert page(me).count('class="box dose') >= 40
    assert statements(me, path, django_assert_max_num_queries) == few
    assert few <= 16


def test_the_calendars_record_is_one_query(me, user, django_assert_max_num_queries):
    full(user, 10)
    me.get("/calendar")
    with django_assert_max_num_queries(4) as captured:
        me.get("/calendar")
    assert sum('FROM "schedule"' in query["sql"] for query in captured.captured_queries) == 1
