"""Reminders from due intakes to Expo's stand-in: told once, never lost, quiet, private, late ones dropped."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from core import metrics
from schedules import tasks
from schedules.models import Device, PushMessage, ReminderSettings, Schedule
from schedules.services import receipts, reminders, sending
from schedules.tests.conftest import Phone, add_device, due, make_user, texts

pytestmark = pytest.mark.django_db
State = PushMessage.State


@pytest.fixture
def standins(_running):
    return _running


@pytest.fixture
def fault(_running):
    return lambda kind, **options: _running.set_fault("expo", kind, **options)


def test_a_due_intake_is_told_to_every_phone_once(user, expo):
    add_device(user), add_device(user)
    intake = due(user)
    tasks.remind(), tasks.remind()
    assert sorted(expo.received.values()) == [1, 1]
    assert set(PushMessage.objects.values_list("state", flat=True)) == {State.SENT}
    assert {message["data"]["schedule_id"] for message in expo.messages} == {str(intake.pk)}


def test_the_medicine_is_named_only_to_who_asked(user, expo):
    add_device(user)
    due(user)
    tasks.remind()
    ReminderSettings.objects.create(user=user, show_medicine_name=True)
    due(user)
    tasks.remind()
    assert texts(expo) == ["약 드실 시간이에요.", "가나정 1정 드실 시간이에요."]
    assert "가나정" not in str(expo.messages[0])


@pytest.mark.parametrize("done", [{"completed": True, "completed_at": timezone.now()}, {"skipped_at": timezone.now()}])
def test_what_is_done_is_not_told(user, expo, done):
    add_device(user)
    due(user, **done)
    tasks.remind()
    assert not expo.received


def test_what_is_ticked_between_handing_out_and_sending_is_cancelled(user, expo):
    add_device(user)
    intake = due(user)
    reminders.hand_out()
    Schedule.objects.filter(pk=intake.pk).update(completed=True, completed_at=timezone.now())
    tasks.remind()
    assert not expo.received
    assert PushMessage.objects.get().state == State.CANCELLED


def test_what_is_too_late_is_dropped_and_written_down(user, expo):
    add_device(user)
    due(user, minutes=45)
    tasks.remind()
    assert not expo.received
    assert PushMessage.objects.get().state == State.DROPPED


def test_a_second_reminder_comes_when_nothing_was_ticked(user, expo):
    add_device(user)
    ReminderSettings.objects.create(user=user, second_after_minutes=15)
    intake = due(user)
    tasks.remind()
    intake.refresh_from_db()
    assert intake.remind_at == intake.scheduled_time + timedelta(minutes=15)
    earlier = timezone.now() - timedelta(minutes=16)
    Schedule.objects.filter(pk=intake.pk).update(scheduled_time=earlier, remind_at=earlier + timedelta(minutes=15))
    tasks.remind()
    assert [message.kind for message in PushMessage.objects.order_by("id")] == ["first", "second"]
    assert len(expo.messages) == 2
    intake.refresh_from_db()
    assert intake.remind_at is None


def test_what_is_undone_is_told_again_of_what_is_still_to_come(client, user, expo):
    """Ticked by mistake after the first reminder: the second comes, the first does not come twice."""
    add_device(user)
    ReminderSettings.objects.create(user=user, second_after_minutes=15)
    intake = due(user, minutes=10)
    tasks.remind()
    for verb in ("complete", "undo"):
        assert Phone(client, user).post(f"/schedules/{intake.pk}/{verb}").status_code == 200
    Schedule.objects.filter(pk=intake.pk).update(scheduled_time=timezone.now() - timedelta(minutes=15))
    tasks.remind()
    kinds = PushMessage.objects.filter(schedule=intake).order_by("id").values_list("kind", "state")
    assert list(kinds) == [("first", State.SENT), ("second", State.SENT)]


def test_undoing_what_is_long_past_wakes_nobody(client, user, expo):
    add_device(user)
    intake = due(user, minutes=16 * 60, remind_at=None)
    for verb in ("complete", "undo"):
        assert Phone(client, user).post(f"/schedules/{intake.pk}/{verb}").status_code == 200
    intake.refresh_from_db()
    assert intake.remind_at is None


def test_what_waits_for_a_phone_is_not_shown_to_who_has_it_now(user, expo):
    device = add_device(user)
    due(user)
    reminders.hand_out()
    Device.objects.filter(pk=device.pk).update(user=make_user(5))
    tasks.remind()
    assert not expo.received
    assert PushMessage.objects.get().state == State.CANCELLED


def test_a_worker_that_died_before_sending_loses_nothing(user, expo):
    add_device(user)
    due(user)
    reminders.hand_out()
    assert sending._claim(uuid4()) == 1
    tasks.remind()
    assert not expo.received
    PushMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.remind()
    assert list(expo.received.values()) == [1]
    assert PushMessage.objects.get().unsure == 0


def test_a_worker_that_died_on_the_wire_sends_again_and_counts_it(user, expo):
    add_device(user)
    due(user)
    reminders.hand_out()
    lease = uuid4()
    sending._claim(lease)
    [message] = sending._on_the_wire(lease)
    sending.client.send([sending._push(message)])
    PushMessage.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.remind()
    assert list(expo.received.values()) == [2]
    assert PushMessage.objects.get().unsure == 1


def test_a_lost_answer_is_unsure_and_too_many_is_not(user, expo, fault):
    add_device(user)
    due(user)
    reminders.hand_out()
    fault("too_many_requests", times=1)
    sending.send_some()
    assert (PushMessage.objects.get().state, PushMessage.objects.get().unsure) == (State.QUEUED, 0)
    PushMessage.objects.update(due_at=timezone.now())
    fault("accepted_then_lost", times=1)
    sending.send_some()
    assert (PushMessage.objects.get().state, PushMessage.objects.get().unsure) == (State.QUEUED, 1)
    PushMessage.objects.update(due_at=timezone.now())
    sending.send_some()
    assert PushMessage.objects.get().state == State.SENT


@pytest.mark.parametrize("kind", ["status", "garbage", "truncated", "reset", "unauthorized", "html"])
def test_whatever_expo_answers_the_message_waits_for_its_next_try(user, expo, fault, kind):
    add_device(user)
    due(user)
    fault(kind, times=1)
    tasks.remind()
    PushMessage.objects.filter(state=State.QUEUED).update(due_at=timezone.now())
    tasks.remind()
    assert PushMessage.objects.get().state == State.SENT


def test_our_refused_access_token_is_counted_as_that(user, expo, fault):
    key = metrics.external_calls.labels("expo", "key")
    before = key._value.get()
    add_device(user)
    due(user)
    fault("unauthorized", times=1)
    tasks.remind()
    assert key._value.get() == before + 1
    assert PushMessage.objects.get().unsure == 0


def test_a_token_of_another_project_fails_alone(user, expo):
    for word in ("ok", "other-project", "fine"):
        add_device(user, word)
    due(user)
    tasks.remind()
    assert sorted(PushMessage.objects.values_list("state", flat=True)) == [State.FAILED, State.SENT, State.SENT]
    assert PushMessage.objects.get(state=State.FAILED).error == "PUSH_TOO_MANY_EXPERIENCE_IDS"


def test_halves_are_sent_only_while_they_are_held(user, expo, monkeypatch):
    """Many halves at a slow Expo take longer than a lease: what another worker may have taken is its own to send."""
    for word in ("ok", "other-project", "fine"):
        add_device(user, word)
    due(user)
    wait = sending.pace.wait

    def wait_too_long(count):
        PushMessage.objects.filter(state=State.SENDING).update(lease_until=timezone.now() - timedelta(seconds=1))
        wait(count)

    monkeypatch.setattr(sending.pace, "wait", wait_too_long)
    sending.send_some()
    assert not expo.received
    monkeypatch.undo()
    sending.free_leases()
    tasks.remind()
    assert sorted(PushMessage.objects.values_list("state", flat=True)) == [State.FAILED, State.SENT, State.SENT]
    assert set(expo.received.values()) == {1}


def test_a_dead_token_is_not_sent_to_again(user, expo):
    device = add_device(user, "gone")
    due(user)
    tasks.remind()
    device.refresh_from_db()
    assert device.gone_at is not None
    due(user)
    tasks.remind()
    assert PushMessage.objects.count() == 1


def test_receipts_are_asked_for_after_a_quarter_of_an_hour(user, expo):
    ok, dead = add_device(user), add_device(user, "gone-later")
    due(user)
    tasks.remind()
    assert receipts.check_some() == 0
    PushMessage.objects.update(sent_at=timezone.now() - timedelta(minutes=16))
    tasks.check_receipts()
    assert PushMessage.objects.get(device=ok).state == State.DELIVERED
    assert PushMessage.objects.get(device=dead).error == "DeviceNotRegistered"
    dead.refresh_from_db()
    assert dead.gone_at is not None


def test_receipts_that_never_come_end_after_a_day(user, expo, standins):
    add_device(user)
    due(user)
    tasks.remind()
    standins.set("receipt_seconds", 3_600)
    PushMessage.objects.update(sent_at=timezone.now() - timedelta(minutes=16))
    tasks.check_receipts()
    assert PushMessage.objects.get().state == State.SENT
    PushMessage.objects.update(sent_at=timezone.now() - timedelta(hours=25))
    tasks.check_receipts()
    assert PushMessage.objects.get().error == "no-receipt"


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_and_send_each_once(expo):
    users = [make_user(number) for number in range(100, 104)]
    for user in users:
        add_device(user)
        Schedule.objects.bulk_create(
            Schedule(user=user, medicine_name="가나정", changed_seq=1, slot="x", scheduled_time=timezone.now(),
                     remind_at=timezone.now()) for _ in range(100)
        )  # fmt: skip

    def work():
        tasks.remind()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(expo.received) == 400
    assert set(expo.received.values()) == {1}
    assert expo.refused == 0


def test_a_reminder_comes_at_its_time_and_not_before(user, expo):
    add_device(user)
    due(user, minutes=-0.03)
    reminders.hand_out()
    assert PushMessage.objects.get().state == State.QUEUED
    assert sending.send_some() == 0
    tasks.remind()
    message = PushMessage.objects.get()
    assert message.state == State.SENT
    assert message.sent_at >= message.due_at
