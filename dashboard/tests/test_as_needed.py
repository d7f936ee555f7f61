"""Medicines taken as needed, and doses written down by hand: once, at any time, and taken away again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.tests.plans_of import day_of, page, plan, somebody
from schedules.models import Schedule
from schedules.selectors.people import person as found

pytestmark = pytest.mark.django_db


def needed(user, **rule):
    return plan(user, medicine_name="필요정", times=None, as_needed={"min_gap": 240, "max_per_day": 2} | rule)


def take(client, made, key="k" * 12, **fields):
    return client.post("/doses/taken", {"plan_id": str(made.pk), "form_key": key, **fields})


def test_when_the_next_is_possible(me, user):
    made = needed(user)
    assert "지금 드실 수 있어요" in page(me)
    take(me, made)
    html = page(me)
    assert "다음 복용 가능 시각" in html
    assert "4시간 간격을 두기로 한 약이에요." in html
    assert Schedule.objects.get(plan=made).completed


def test_the_daily_maximum_warns(me, user):
    made = needed(user, min_gap=0)
    take(me, made, "a" * 12)
    take(me, made, "b" * 12)
    assert "24시간에 2번까지 먹기로 한 약이에요." in page(me)


def test_one_form_takes_once(me, user):
    made = needed(user)
    for _ in range(3):
        assert take(me, made).status_code == 302
    assert Schedule.objects.filter(plan=made).count() == 1
    assert "한 번만 적었어요" in page(me)


def test_what_was_written_by_hand_can_be_taken_away(me, user):
    made = needed(user)
    take(me, made)
    row = Schedule.objects.get(plan=made)
    assert f'aria-label="{row.medicine_name} 지우기"' in page(me)
    for _ in range(2):
        me.post(f"/doses/{row.pk}", {"do": "remove", "seen": row.changed_seq})
    row.refresh_from_db()
    assert row.deleted_at
    assert "지금 드실 수 있어요" in page(me)


def test_any_medicine_can_be_written_down(me, user):
    earlier = (timezone.now() - timedelta(minutes=30)).astimezone(found(user.pk).zone).strftime("%Y-%m-%dT%H:%M")
    me.post("/doses/taken", {"medicine_name": "<script>alert(1)</script>", "at": earlier, "form_key": "x" * 10})
    row = Schedule.objects.get()
    assert row.completed_at.astimezone(found(user.pk).zone).strftime("%Y-%m-%dT%H:%M") == earlier
    html = page(me, f"/days/{day_of(user, row)}", follow=True)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    "given",
    [
        {"medicine_name": "  "},
        {"medicine_name": "가" * 201},
        {"medicine_name": "가", "at": "2099-01-01T00:00"},
        {"plan_id": "not-one"},
        {"medicine_name": "가\0나"},
    ],
)
def test_what_cannot_be_written_down_is_kept_and_told(me, user, given):
    answer = me.post("/doses/taken", given)
    html = answer.content.decode()
    assert answer.status_code == 400
    assert 'id="write-down-refused" role="alert"' in html
    assert not Schedule.objects.exists()


def test_anothers_plan_is_not_mine(me, user):
    assert take(me, needed(somebody(2))).status_code == 404
