"""The whole URL table with the token of somebody who is no more."""

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.signing import bearer
from config.tests.test_every_url import OPEN
from config.tests.walking import METHODS, api_routes
from core import personal_data


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.THROTTLE_ENABLED = False


@pytest.fixture
def other(db):
    return User.objects.create_user(kakao_sub="1000:4815000002", nickname="남")


@pytest.mark.django_db(transaction=True)
def test_who_was_erased_is_nobody_everywhere(client, other):
    """Their token lives on for minutes. Read or write, it finds nobody: never somebody else, never a broken key."""
    signed = bearer(other)
    personal_data.erase(str(other.pk))
    User.objects.filter(pk=other.pk).delete()
    before = rows()
    for route in (route for route in api_routes() if route.name not in OPEN):
        for method in METHODS:
            answer = client.generic(method.upper(), route.address(), b"{}", "application/json", **signed)
            assert answer.status_code < 500, (method, route, answer.content.decode())
            assert b"".join(answer).decode("utf-8", "replace").count(str(other.pk)) == 0
    assert rows() == before


def rows():
    """How many rows each table has that names a user; the audit trail may note that a stranger tried."""
    with connection.cursor() as cursor:
        counts = {}
        for table in sorted(personal_data.tables() - {"ops_audit_event"}):
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
        return counts
