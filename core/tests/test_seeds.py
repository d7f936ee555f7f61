import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection

from core.tests import seeds


def _words():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), max(word) FROM hard_word")
        return cursor.fetchone()


@pytest.mark.django_db(transaction=True)
def test_tables_are_again_as_migrations_left_them(django_user_model):
    words, permissions = _words(), set(Permission.objects.values_list("pk", "codename"))
    granted = set(Group.objects.get(name="큐레이터").permissions.values_list("pk", flat=True))
    assert words[0] > 0
    assert granted
    django_user_model.objects.create_user("somebody").groups.add(Group.objects.get(name="큐레이터"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hard_word SET word = word || '가'")
    Permission.objects.all().delete()
    seeds.restore()
    assert not django_user_model.objects.exists()
    assert _words() == words
    assert set(Permission.objects.values_list("pk", "codename")) == permissions
    assert set(Group.objects.get(name="큐레이터").permissions.values_list("pk", flat=True)) == granted
