"""What PostgreSQL's own log may hold of people: nothing."""

import pytest
from django.db import connection


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("log_min_error_statement", "panic"), ("log_error_verbosity", "terse")])
def test_values_of_failed_statements_stay_out_of_the_log(name, value):
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        assert cursor.fetchone() == (value,)
