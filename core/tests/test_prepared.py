"""On the real server: what is prepared, for how long, and what happens when the server has forgotten it."""

import pytest
from django.db import DataError, connection

from core import prepared
from core.prepared import fetch_all

pytestmark = pytest.mark.django_db


def known():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements")
        return cursor.fetchone()


@pytest.fixture(autouse=True)
def _forget():
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    prepared._names.clear()


def test_one_shape_is_prepared_once_and_planned_for_any_parameter():
    assert [fetch_all("SELECT %s::int + %s::int", [n, 1]) for n in range(8)] == [[(n + 1,)] for n in range(8)]
    assert known() == (1, 8, 0)


def test_parameters_are_no_sql():
    assert fetch_all("SELECT %s::text", ["'); DROP TABLE medicine; --"]) == [("'); DROP TABLE medicine; --",)]
    assert fetch_all("SELECT %s::text LIKE '%%x'", ["x"]) == [(True,)]
    assert fetch_all("SELECT 1", []) == [(1,)]


def test_only_the_last_shapes_are_kept():
    for number in range(prepared._KEPT + 5):
        assert fetch_all(f"SELECT {number} + %s::int", [0]) == [(number,)]
    assert known()[0] == prepared._KEPT
    assert fetch_all("SELECT 0 + %s::int", [0]) == [(0,)]


def test_a_fault_of_the_statement_is_djangos():
    with pytest.raises(DataError):
        fetch_all("SELECT 1 / %s::int", [0])


@pytest.mark.django_db(transaction=True)
def test_another_session_behind_a_pooler_answers_all_the_same():
    fetch_all("SELECT %s::int", [1])
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert fetch_all("SELECT %s::int", [2]) == [(2,)]
    assert fetch_all("SELECT %s::int", [3]) == [(3,)]
    assert known()[0] == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_that_has_the_statement_already_answers_too():
    fetch_all("SELECT %s::int", [1])
    prepared._names.clear()
    assert fetch_all("SELECT %s::int", [2]) == [(2,)]
