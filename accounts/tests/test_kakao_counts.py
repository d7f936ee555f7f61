"""What alerts look for in calls to Kakao: our key refused, our quota spent; and nothing else taken for it."""

import pytest

from accounts.client import KakaoKeyRefused, unlink
from accounts.tests.test_login import by_code, code_of, login
from core import metrics

pytestmark = pytest.mark.django_db


def counted(vendor, outcome):
    return metrics.external_calls.labels(vendor, outcome)._value.get()


@pytest.mark.parametrize("code", ["KOE010", "KOE101"])
def test_a_refused_key_of_ours_is_counted_as_that(client, standins, code):
    before = counted("kakao-auth", "key")
    standins.set_fault("kakao", "kauth_error", operation="token", error_code=code)
    by_code(client, code_of(standins))
    assert counted("kakao-auth", "key") == before + 1


def test_a_refused_admin_key_is_counted_as_that(standins, settings):
    before = counted("kakao-api", "key")
    settings.KAKAO_ADMIN_KEY = "withdrawn"
    with pytest.raises(KakaoKeyRefused):
        unlink("4815000001")
    assert counted("kakao-api", "key") == before + 1


def test_a_spent_quota_is_counted_as_that(client, standins):
    before = counted("kakao-api", "quota")
    standins.set_fault("kakao", "kapi_error", operation="token_info", code=-10)
    login(client, access_token="sandbox-user-1")
    assert counted("kakao-api", "quota") == before + 1


def test_what_somebody_brings_in_vain_is_no_refused_key(client, standins):
    before = counted("kakao-auth", "key"), counted("kakao-api", "key")
    assert by_code(client, "used-up").status_code == 401
    assert login(client, access_token="expired").status_code == 401
    assert (counted("kakao-auth", "key"), counted("kakao-api", "key")) == before
