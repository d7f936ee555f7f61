"""Carers: invited once, told of chosen plans' missed doses, dismissed at once."""

import json

import pytest
from django.utils import timezone

from schedules import tasks
from schedules.models import Carer, PushMessage
from schedules.services import carers, reminders
from schedules.tests.conftest import Phone, add_device, due, make_user, texts

pytestmark = pytest.mark.django_db
State = PushMessage.State


def test_a_carer_is_told_of_a_missed_dose_of_the_chosen_plan_alone(client, user, expo):
    phone, daughter = Phone(client, user), make_user(5)
    add_device(daughter)
    chosen, other = phone.plan(), phone.plan(medicine_name="비밀정")
    invited = phone.post("/carers", {"label": "어머니", "plan_ids": [chosen["id"]], "after_minutes": 30}).json()
    accepted = Phone(client, daughter).post("/carers/accept", {"code": invited["code"]})
    assert accepted.status_code == 200, accepted.content.decode()
    due(user, minutes=40, plan_id=chosen["id"])
    due(user, minutes=40, plan_id=other["id"])
    tasks.remind()
    assert texts(expo) == ["어머니 님이 약을 아직 드시지 않은 것 같아요. 한번 확인해 주세요."]


def test_a_carer_who_was_dismissed_hears_nothing(client, user, expo):
    phone, daughter = Phone(client, user), make_user(5)
    add_device(daughter)
    plan = phone.plan()
    invited = phone.post("/carers", {"label": "어머니", "plan_ids": [plan["id"]]}).json()
    Phone(client, daughter).post("/carers/accept", {"code": invited["code"]})
    assert phone.delete(f"/carers/{invited['id']}").status_code == 204
    due(user, minutes=70, plan_id=plan["id"])
    tasks.remind()
    assert not expo.received


def test_a_carer_who_is_dismissed_does_not_get_what_was_waiting(client, user, expo):
    phone, daughter = Phone(client, user), make_user(5)
    add_device(daughter)
    plan = phone.plan()
    invited = phone.post("/carers", {"label": "어머니", "plan_ids": [plan["id"]]}).json()
    Phone(client, daughter).post("/carers/accept", {"code": invited["code"]})
    due(user, minutes=70, plan_id=plan["id"])
    reminders.hand_out()
    assert PushMessage.objects.get().state == State.QUEUED
    assert Phone(client, daughter).delete(f"/carers/{invited['id']}").status_code == 204
    tasks.remind()
    assert not expo.received
    assert PushMessage.objects.get().state == State.CANCELLED


def test_all_carers_of_ones_own_are_dismissed_at_once(client, user, expo):
    phone, daughter = Phone(client, user), Phone(client, make_user(5))
    add_device(daughter.user)
    body = {"label": "어머니", "plan_ids": [phone.plan()["id"]]}
    daughter.post("/carers/accept", {"code": phone.post("/carers", body).json()["code"]})
    phone.post("/carers", body)
    cared = daughter.post("/carers", {"label": "딸", "plan_ids": [daughter.plan()["id"]]}).json()
    phone.post("/carers/accept", {"code": cared["code"]})
    due(user, minutes=70, plan_id=body["plan_ids"][0])
    reminders.hand_out()
    assert phone.delete("/carers").status_code == 204
    assert [one["id"] for one in phone.get("/carers").json()["results"]] == [cared["id"]]
    assert PushMessage.objects.get(kind="carer").state == State.CANCELLED
    assert phone.delete("/carers").status_code == 204


def test_all_carers_are_dismissed_only_as_they_were_seen_and_never_for_one(client, user):
    phone = Phone(client, user)
    body = {"label": "어머니", "plan_ids": [phone.plan()["id"]]}
    one = phone.post("/carers", body).json()["id"]
    before = phone.get("/carers")["ETag"]
    phone.post("/carers", body)
    assert phone.delete("/carers", HTTP_IF_MATCH=before).status_code == 412
    assert phone.delete(f"/carers?id={one}").status_code == 400
    named = phone.delete("/carers", data=json.dumps({"id": one}), content_type="application/json")
    assert named.status_code == 400
    assert len(carers.carers(user.pk)) == 2
    assert phone.delete("/carers", HTTP_IF_MATCH=phone.get("/carers")["ETag"]).status_code == 204
    assert carers.carers(user.pk) == []


def test_a_carer_is_dismissed_only_as_seen(client, user):
    phone = Phone(client, user)
    invited = phone.post("/carers", {"label": "어머니", "plan_ids": [phone.plan()["id"]]})
    url = f"/carers/{invited.json()['id']}"
    accepted = Phone(client, make_user(5)).post("/carers/accept", {"code": invited.json()["code"]})
    assert phone.delete(url, HTTP_IF_MATCH=invited["ETag"]).status_code == 412
    assert phone.delete(url, HTTP_IF_MATCH=accepted["ETag"]).status_code == 204


def test_an_invitation_serves_one_person_once(client, user):
    phone, first, second = Phone(client, user), Phone(client, make_user(5)), Phone(client, make_user(6))
    code = phone.post("/carers", {"label": "나", "plan_ids": [phone.plan()["id"]]}).json()["code"]
    assert phone.post("/carers/accept", {"code": code}).status_code == 400
    assert first.post("/carers/accept", {"code": code.lower()}).status_code == 200
    assert second.post("/carers/accept", {"code": code}).status_code == 404
    assert code not in str(list(Carer.objects.values_list("code_digest", flat=True)))
    Carer.objects.update(accepted_at=None, carer=None, expires_at=timezone.now())
    assert second.post("/carers/accept", {"code": code}).status_code == 404


def test_invite_needs_own_plans(client, user, stranger):
    plan = stranger.plan()
    answer = Phone(client, user).post("/carers", {"label": "나", "plan_ids": [plan["id"]]})
    assert answer.status_code == 400
    assert carers.carers(user.pk) == []


def test_ten_carers_at_most_and_invitations_that_ran_out_do_not_count(client, user, monkeypatch):
    monkeypatch.setattr(carers, "MAX_CARERS", 2)
    phone = Phone(client, user)
    body = {"label": "어머니", "plan_ids": [phone.plan()["id"]]}
    assert [phone.post("/carers", body).status_code for _ in range(3)] == [201, 201, 409]
    Carer.objects.filter(pk=Carer.objects.first().pk).update(expires_at=timezone.now())
    assert phone.post("/carers", body).status_code == 201
