"""The user table."""

import pytest

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_superuser_may_enter_the_admin():
    user = User.objects.create_superuser("root", "a long password")
    assert user.is_staff
    assert user.check_password("a long password")


def test_kakao_users_need_no_username():
    first = User.objects.create_user(kakao_sub="1")
    second = User.objects.create_user(kakao_sub="2")
    assert first.username is second.username is None
    assert not first.has_usable_password()
