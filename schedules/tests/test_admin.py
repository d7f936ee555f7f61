"""The operators' view of reminders tells what became of them, not whose they are nor of what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from schedules.models import Device, PushMessage, ReminderSettings
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


def test_what_became_of_messages_is_found(admin_client, message):
    for state, found in (("queued", 1), ("sent", 0)):
        page = admin_client.get(f"/admin/schedules/pushmessage/?state={state}")
        assert page.context["cl"].result_count == found
