"""What staff may do to accounts: nobody raises themselves, and who is deleted is erased."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from accounts.models import ErasureReceipt, KakaoErrand, User
from accounts.services import tokens
from accounts.tests.signing import me
from core import personal_data, stores
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)
USERS = "/admin/accounts/user/"


@pytest.fixture(autouse=True)
def _ready(settings):
    stores.cache.client.flushdb()
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


@pytest.fixture
def helper(client):
    """Staff who may edit and delete users, but are no superuser; signed in."""
    helper = User.objects.create_user("helper", "a long password", is_staff=True)
    names = ("view_user", "change_user", "delete_user")
    helper.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(helper)
    return helper


def edit(client, user, **changed):
    empty = dict.fromkeys(("username", "nickname", "picture"), "")
    fields = empty | {"time_zone": "Asia/Seoul", "meal_times": json.dumps(user.meal_times), "is_active": "on"}
    return client.post(f"{USERS}{user.pk}/change/", fields | changed)


def test_nobody_raises_anybody_but_a_superuser(client, helper, user):
    raised = {"is_staff": "on", "is_superuser": "on", "user_permissions": ["1"], "username": "boss"}
    assert edit(client, user, nickname="고침", **raised).status_code == 302
    user.refresh_from_db()
    assert (user.nickname, user.is_staff, user.is_superuser, user.username) == ("고침", False, False, None)
    assert not user.user_permissions.exists()


@pytest.mark.parametrize("way", ["change", "delete"])
def test_staff_are_a_superusers_to_edit(client, helper, way):
    boss = User.objects.create_superuser("boss", "a long password")
    for other in (boss, helper):
        assert client.post(f"{USERS}{other.pk}/{way}/", {"post": "yes"}).status_code == 403
    marked = {"action": "delete_selected", "_selected_action": [str(boss.pk)], "post": "yes"}
    client.post(USERS, marked)
    assert User.objects.filter(pk=boss.pk).exists()


@pytest.mark.parametrize("by_list", [False, True])
def test_who_is_deleted_is_erased(client, helper, user, by_list):
    pair = tokens.issue(user_id=user.pk)
    if by_list:
        marked = {"action": "delete_selected", "_selected_action": [str(user.pk)], "post": "yes"}
        assert client.post(USERS, marked).status_code == 302
    else:
        assert client.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()
    receipt = ErasureReceipt.objects.get()
    assert KakaoErrand.objects.get().receipt == receipt.pk
    assert AuditEvent.objects.get(action="account.erased_for").actor == str(helper.pk)
    client.logout()
    assert me(client, pair.access) == 401


def test_the_admins_history_keeps_no_name(client, helper, user):
    edit(client, user, nickname="남은이름")
    assert LogEntry.objects.filter(object_id=str(user.pk)).exists()
    assert not LogEntry.objects.filter(object_repr__contains="이름").exists()
    told = json.loads("".join(personal_data.stream(str(user.pk))))
    assert [event["action"] for event in told["ops"]["audit"]] == ["account.edited"]
    assert len(told["accounts"]["edited_by_staff"]) == 1
    assert str(helper.pk) not in json.dumps(told)
    personal_data.erase(str(user.pk))
    assert not LogEntry.objects.filter(object_id=str(user.pk)).exists()
