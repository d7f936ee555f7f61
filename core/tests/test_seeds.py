import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_rows_of_migrations_are_there_again_after_the_tables_were_emptied():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM hard_word")
        words = cursor.fetchone()
    permissions = Group.objects.get(name="큐레이터").permissions.count()
    assert permissions > 0
    call_command("flush", interactive=False, verbosity=0)
    assert Group.objects.get(name="큐레이터").permissions.count() == permissions
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM hard_word")
        assert cursor.fetchone() == words != (0,)
