"""The intake queries read their indexes: from EXPLAIN of the real queries, with a million rows of a thousand people."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from core.tests.bulk import bulk
from medicines.tests.test_scrap_plans import _PEOPLE
from schedules.models import Schedule
from schedules.rules import zone_of
from schedules.selectors import adherence, feed
from schedules.services import reminders

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db]

SEVENTH = UUID("8f14e45f-ceea-167a-5a36-dedd4bea2543")
_INTAKES = """
INSERT INTO schedule (id, user_id, plan_version, slot, scheduled_time, completed, item_seq, medicine_name, dose_amount,
  dose_unit, notes, changed_seq, remind_at)
SELECT gen_random_uuid(), md5((n % 1000)::text)::uuid, 1, 's' || n, now() + (n / 1000 - 950) * interval '8 hours',
  false, '', '약', 1, '정', '', n / 1000,
  CASE WHEN n / 1000 > 950 THEN now() + (n / 1000 - 950) * interval '8 hours' END
FROM generate_series(0, 999999) n
"""


@pytest.fixture(scope="module", autouse=True)
def _million(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            cursor.execute(_PEOPLE)
            with bulk(cursor, "schedule"):
                cursor.execute(_INTAKES)
            cursor.execute("INSERT INTO schedule_clock (user_id, seq, purged_seq, prefs_version)"
                           " SELECT id, 1000, 0, 1 FROM accounts_user")  # fmt: skip
            yield
        finally:
            cursor.execute("TRUNCATE schedule, schedule_clock CASCADE")
            cursor.execute("DELETE FROM accounts_user")
            cursor.execute("RESET statement_timeout")


def plan_of(captured):
    query = next(query["sql"] for query in captured.captured_queries if 'FROM "schedule"' in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_the_feed(django_assert_max_num_queries):
    now = timezone.now()
    window = feed.Window(now - timedelta(days=1), now + timedelta(days=10))
    with django_assert_max_num_queries(2) as captured:
        assert len(json.loads(feed.feed(user_id=SEVENTH, window=window))["results"]) >= 30
    shown = plan_of(captured)
    assert "idx_schedule_user_time" in shown, shown
    assert "Seq Scan" not in shown, shown


def test_the_delta(django_assert_max_num_queries):
    now = timezone.now()
    window = feed.Window(now, now + timedelta(days=10), 990, now + timedelta(days=10))
    with django_assert_max_num_queries(2) as captured:
        assert len(json.loads(feed.feed(user_id=SEVENTH, window=window))["results"]) == 9
    assert "idx_schedule_user_changed" in plan_of(captured)


def test_today(django_assert_max_num_queries):
    now = timezone.now()
    with django_assert_max_num_queries(1) as captured:
        feed.today(user_id=SEVENTH, start=now, end=now + timedelta(days=1))
    assert "Index Scan using idx_schedule_user_time " in plan_of(captured)


def test_adherence_is_one_query_by_the_same_index(django_assert_num_queries):
    today = datetime.now(UTC).date()
    period = {"first": today - timedelta(days=29), "last": today, "zone": zone_of("Asia/Seoul")}
    with django_assert_num_queries(1) as captured:
        told = adherence.adherence(user_id=SEVENTH, **period)
    assert told["total"]["missed"] > 80
    assert "idx_schedule_user_time" in plan_of(captured)


def test_due_reminders(django_assert_max_num_queries):
    due = Schedule.objects.filter(remind_at__lte=timezone.now()).order_by("remind_at")[: reminders.CHUNK]
    with django_assert_max_num_queries(1) as captured:
        list(due)
    assert "Index Scan using idx_schedule_remind " in plan_of(captured)
