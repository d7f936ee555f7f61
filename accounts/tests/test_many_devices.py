"""How many devices of one person stay signed in, and who has to go."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Login, User
from accounts.services import tokens
from accounts.tests.signing import me, post
from accounts.tests.together import closed, together
from core import stores
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three(settings):
    stores.cache.client.flushdb()
    settings.LOGINS_PER_USER = 3


def signed_in(user, *, days_ago=0, **changed):
    """A device, used so long ago, and its tokens."""
    before = set(Login.objects.values_list("pk", flat=True))
    pair = tokens.issue(user_id=user.pk)
    Login.objects.exclude(pk__in=before).update(last_used_at=timezone.now() - timedelta(days=days_ago), **changed)
    return pair


def living(user):
    return Login.objects.filter(user=user, kind="app", revoked_at=None).count()


def test_who_was_away_longest_goes_and_at_once(client, user):
    old, older, new = (signed_in(user, days_ago=days) for days in (5, 9, 1))
    last = tokens.issue(user_id=user.pk)
    assert me(client, older.access) == 401
    assert post(client, "refresh", older.refresh).status_code == 401
    assert [me(client, pair.access) for pair in (old, new, last)] == [200] * 3
    assert AuditEvent.objects.filter(action="login.displaced", actor=str(user.pk)).count() == 1


def test_what_was_refreshed_lately_is_not_old(client, user):
    first = signed_in(user, days_ago=9)
    others = [signed_in(user, days_ago=days) for days in (8, 7)]
    fresh = post(client, "refresh", first.refresh).json()
    tokens.issue(user_id=user.pk)
    assert me(client, fresh["access"]) == 200
    assert [me(client, pair.access) for pair in others] == [401, 200]


def test_what_has_ended_browsers_and_others_logins_take_no_place(client, user):
    other = User.objects.create_user(kakao_sub="1000:2")
    kept = [signed_in(user, days_ago=9), tokens.issue(user_id=other.pk)]
    tokens.end(token=signed_in(user).refresh)
    signed_in(user, expires_at=timezone.now() - timedelta(days=1))
    signed_in(user, kind="web", days_ago=30)
    signed_in(user), signed_in(user)
    assert [me(client, pair.access) for pair in kept] == [200, 200]
    assert Login.objects.get(kind="web").revoked_at is None


def test_a_lowered_limit_is_kept_at_the_next_login(user, settings):
    for days in (1, 2, 3):
        signed_in(user, days_ago=days)
    settings.LOGINS_PER_USER = 1
    tokens.issue(user_id=user.pk)
    assert living(user) == 1


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_no_more_than_that(user):
    together(20, lambda: tokens.issue(user_id=user.pk))
    assert living(user) == 3


@pytest.mark.django_db(transaction=True)
def test_one_that_is_in_use_at_this_moment_is_not_waited_for(user):
    signed_in(user, days_ago=9), signed_in(user), signed_in(user)
    oldest = Login.objects.order_by("last_used_at").values_list("pk", flat=True)[0]
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Login.objects.select_for_update().get(pk=oldest)
        assert pool.submit(closed, lambda: tokens.issue(user_id=user.pk)).result(timeout=20)
    assert Login.objects.get(pk=oldest).revoked_at is None
    tokens.issue(user_id=user.pk)
    assert living(user) == 3


def test_a_login_does_not_fail_for_a_cache_that_is_away(client, user, killable):
    old = signed_in(user, days_ago=9)
    signed_in(user), signed_in(user)
    killable.kill()
    assert tokens.issue(user_id=user.pk).access
    assert me(client, old.access) == 401
