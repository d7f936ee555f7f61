"""The operators' view of reminders tells what became of them, not whose they are nor of what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from ops.models import AuditEvent
from schedules.models import Device, PushMessage, ReminderSettings, Schedule, Tag
from schedules.services import reminders
from schedules.tests.conftest import add_device, due

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain_files(settings):
    # The pages' own files are collected for a run of the server, not for tests.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def message(user):
    add_device(user, "secret")
    ReminderSettings.objects.create(user=user, show_medicine_name=True)
    due(user, medicine_name="비밀정")
    reminders.hand_out()
    PushMessage.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    return PushMessage.objects.get()


@pytest.mark.parametrize("page", ["pushmessage", "device"])
def test_nothing_of_a_persons_health_is_shown_and_nothing_can_be_written(admin_client, user, message, page):
    row = message if page == "pushmessage" else Device.objects.get()
    home = f"/admin/schedules/{page}/"
    shown = [admin_client.get(path) for path in (home, f"{home}{row.pk}/change/")]
    assert [answer.status_code for answer in shown] == [200, 200]
    text = "".join(answer.content.decode() for answer in shown)
    for hidden in ("비밀정", "ExponentPushToken", str(user.pk), str(message.schedule_id)):
        assert hidden not in text
    for verb in ("add/", f"{row.pk}/delete/"):
        assert admin_client.get(home + verb).status_code == 403


@pytest.mark.parametrize("by_list", [False, True])
def test_who_is_deleted_goes_with_a_phone_and_nothing_of_their_health_is_shown(admin_client, user, message, by_list):
    Tag.objects.create(user=user, name="비밀병원")
    dose, home = Schedule.objects.get(), "/admin/accounts/user/"
    if by_list:
        page, sent = home, {"action": "delete_selected", "_selected_action": [str(user.pk)]}
        asked = admin_client.post(page, sent)
    else:
        page, sent = f"{home}{user.pk}/delete/", {}
        asked = admin_client.get(page)
    assert asked.status_code == 200
    text = asked.content.decode()
    assert str(user.pk) in text
    for hidden in ("비밀병원", str(dose.pk), f"{dose.scheduled_time:%Y-%m-%d %H:%M}", str(Device.objects.get().pk)):
        assert hidden not in text
    looked = {"action": "account.listed"} if by_list else {"action": "account.looked_at", "target": str(user.pk)}
    assert AuditEvent.objects.filter(**looked).count() == 1
    assert admin_client.post(page, sent | {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Device.objects.exists()


def test_what_became_of_messages_is_found(admin_client, message):
    for state, found in (("queued", 1), ("sent", 0)):
        page = admin_client.get(f"/admin/schedules/pushmessage/?state={state}")
        assert page.context["cl"].result_count == found
