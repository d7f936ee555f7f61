"""The scrap lists read their indexes: EXPLAIN of the real queries on a million rows, the planner free to choose."""

from uuid import UUID

import pytest
from django.db import connection

from core.tests.bulk import bulk
from medicines.selectors import scraps

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.django_db]

_PEOPLE = """
INSERT INTO accounts_user (id, password, is_superuser, nickname, picture, time_zone, meal_times, large_text,
  prefs_version, session_epoch, is_staff, is_active, created_at)
SELECT md5(n::text)::uuid, '', false, '', '', 'Asia/Seoul', '{}', false, 1, 0, false, true, now()
FROM generate_series(0, 999) n
"""
_SCRAPS = """
INSERT INTO scrap (user_id, item_seq, medicine_name, subject, category, notes, created_at, updated_at)
SELECT md5((n % 1000)::text)::uuid, n::text, '약', n::text, '분류' || n / 1000 % 20, '', now(), now()
FROM generate_series(0, 999999) n
"""
SEVENTH = UUID("8f14e45f-ceea-167a-5a36-dedd4bea2543")


@pytest.fixture(scope="module", autouse=True)
def _million(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        try:
            cursor.execute(_PEOPLE)
            with bulk(cursor, "scrap"):
                cursor.execute(_SCRAPS)
            yield
        finally:
            cursor.execute("TRUNCATE scrap")
            cursor.execute("DELETE FROM accounts_user")
            cursor.execute("RESET statement_timeout")


def plan_of(queries):
    [query] = [query["sql"] for query in queries if '"scrap"' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + query)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("category", "cursor", "index"),
    [
        ("분류7", False, "idx_scrap_user_category"),
        ("분류7", True, "idx_scrap_user_category"),
        (None, False, "idx_scrap_user"),
    ],
)
def test_each_list_reads_its_index(django_assert_max_num_queries, category, cursor, index):
    first = scraps.scraps(user_id=SEVENTH, category=category, cursor="", limit=20)
    with django_assert_max_num_queries(2) as captured:
        page = scraps.scraps(user_id=SEVENTH, category=category, cursor=first.next if cursor else "", limit=20)
    assert len(page.results) == 20
    shown = plan_of(captured.captured_queries)
    assert f"Index Scan using {index} " in shown, shown
    assert "Sort" not in shown, shown
