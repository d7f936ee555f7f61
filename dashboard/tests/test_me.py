"""`/me` and `/sheet`: what a person sets, hands out, takes back and takes along; and leaving."""

import html as markup
import json
import re
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ErasureReceipt, User
from dashboard.tests.plans_of import dose, plan, somebody, today
from schedules.models import CalendarLink, Carer, Device, ReminderSettings, Schedule

pytestmark = pytest.mark.django_db
MEALS = {"breakfast": "07:10", "lunch": "12:00", "dinner": "18:00", "bedtime": "22:00"}
PROFILE = {"nickname": "보리", "time_zone": "Asia/Seoul", **MEALS}


def send(client, path, status=302, **fields):
    answer = client.post(path, fields)
    assert answer.status_code == status, answer.content.decode()[:2_000]
    return answer


def test_the_profile(me, user):
    me.cookies["text"] = "normal"
    answer = send(me, "/me/profile", large_text="yes", **PROFILE)
    assert answer["Location"] == "/me#profile"
    user.refresh_from_db()
    assert (user.nickname, user.large_text, user.meal_times["breakfast"]) == ("보리", True, "07:10")
    page = me.get("/me").content.decode()
    assert 'class="large"' in page
    assert 'value="07:10"' in page


def test_new_meal_times_move_todays_doses(me, user):
    plan(user, times=["breakfast"])
    before = Schedule.objects.order_by("scheduled_time").last().scheduled_time
    send(me, "/me/profile", **PROFILE)
    me.get("/today")
    assert Schedule.objects.order_by("scheduled_time").last().scheduled_time != before


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"nickname": "가" * 61}, "nickname"),
        ({"nickname": "가\0"}, "nickname"),
        ({"breakfast": ""}, "meal_times"),
        ({"lunch": "25:00"}, "meal_times"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
    ],
)
def test_a_wrong_profile_is_told_and_kept(me, user, fields, place):
    page = send(me, "/me/profile", 400, **{**PROFILE, "nickname": "새 이름", **fields}).content.decode()
    assert f'id="{place}-error"' in page
    user.refresh_from_db()
    assert user.nickname == "연습1"
    assert (fields.get("nickname", "새 이름").replace("\0", "")[:5]) in page


def test_reminders(me, user):
    send(me, "/me/reminders", quiet="yes", quiet_from="22:00", quiet_to="06:30", again="15", names="yes")
    wishes = ReminderSettings.objects.get()
    assert (wishes.enabled, wishes.quiet_from, wishes.quiet_to, wishes.second_after_minutes) == (
        False,
        "22:00",
        "06:30",
        15,
    )
    send(me, "/me/reminders", enabled="yes")
    wishes.refresh_from_db()
    assert (wishes.enabled, wishes.quiet_from, wishes.second_after_minutes) == (True, "", None)
    page = send(me, "/me/reminders", 400, quiet="yes", quiet_from="22:00", quiet_to="22:00").content.decode()
    assert 'id="quiet_hours-error"' in page


def test_phones_are_forgotten(me, user):
    phone = Device.objects.create(user=user, token="ExponentPushToken[a]", name="내 전화", created_at=timezone.now())
    assert "내 전화" in me.get("/me").content.decode()
    for _ in range(2):
        send(me, f"/me/phones/{phone.pk}/remove")
    assert not Device.objects.exists()


def invited(client, made, **fields):
    given = {"label": "어머니", "plan_id": [str(made.pk)], "after_minutes": "30", "form_key": "i" * 12}
    return send(client, "/me/carers", **given | fields)


def test_a_carer_is_invited_accepts_and_is_dismissed(me, user):
    made = plan(user)
    assert invited(me, made)["Location"] == "/me#carers"
    code = re.search(r'class="code">([A-Z0-9-]+)<', me.get("/me").content.decode())[1]
    assert code not in me.get("/me").content.decode()
    other = somebody(2)
    theirs = Client(headers={"accept": "text/html"})
    theirs.force_login(other)
    for _ in range(2):
        send(theirs, "/me/carers/accept", code=code.lower(), form_key="j" * 12)
    carer = Carer.objects.get()
    assert (carer.carer_id, carer.after_minutes) == (other.pk, 30)
    assert "어머니" in theirs.get("/me").content.decode()
    assert "함께 챙기는 중" in me.get("/me").content.decode()
    for _ in range(2):
        send(me, f"/me/carers/{carer.pk}/revoke")
    carer.refresh_from_db()
    assert carer.revoked_at


def test_others_phones_and_carers_stay(me, user):
    other = somebody(2)
    phone = Device.objects.create(user=other, token="ExponentPushToken[b]", name="남의 전화", created_at=timezone.now())
    theirs = Client(headers={"accept": "text/html"})
    theirs.force_login(other)
    invited(theirs, plan(other))
    send(me, f"/me/phones/{phone.pk}/remove")
    send(me, f"/me/carers/{Carer.objects.get().pk}/revoke")
    assert Device.objects.filter(pk=phone.pk).exists()
    assert Carer.objects.get().revoked_at is None
    assert "남의 전화" not in me.get("/me").content.decode()


def test_two_taps_invite_once(me, user):
    made = plan(user)
    for _ in range(3):
        invited(me, made)
    assert Carer.objects.count() == 1
    assert 'class="code"' in me.get("/me").content.decode()


def test_a_wrong_invitation_is_told(me, user):
    made, theirs = plan(user), plan(somebody(2))
    for fields, place in (
        ({"label": ""}, "label"), ({"label": "가" * 21}, "label"), ({"plan_id": []}, "plan_ids"),
        ({"plan_id": [str(theirs.pk)]}, "plan_ids"), ({"plan_id": ["x"]}, "plan_ids"),
    ):  # fmt: skip
        given = {"label": "어머니", "plan_id": [str(made.pk)], "after_minutes": "30"} | fields
        page = send(me, "/me/carers", 400, **given).content.decode()
        assert f'id="{place}-error"' in page
    assert not Carer.objects.exists()


def test_a_wrong_code_is_told(me, user):
    page = send(me, "/me/carers/accept", 404, code="<b>AAAA").content.decode()
    assert "쓸 수 없는 초대 코드예요" in page
    assert "&lt;b&gt;AAAA" in page


def test_the_calendars_address_is_told_once_and_taken_back(me, user):
    send(me, "/me/calendar")
    url = markup.unescape(re.search(r'class="code">(http[^<]+)<', me.get("/me").content.decode())[1])
    assert 'class="code"' not in me.get("/me").content.decode()
    path = url.removeprefix("http://testserver")
    assert Client().get(path).status_code == 200
    for _ in range(2):
        send(me, "/me/calendar", revoke="yes")
    assert not CalendarLink.objects.exists()
    assert Client().get(path).status_code == 404


def test_logged_out_everywhere(me, user):
    other = Client(headers={"accept": "text/html"})
    other.force_login(user)
    answer = send(me, "/me/logout-everywhere")
    assert answer["Clear-Site-Data"] == '"storage"'
    for client in (me, other):
        assert client.get("/me").status_code == 302


def test_export_is_a_download_of_my_own(me, user):
    plan(user, medicine_name="내약")
    plan(somebody(2), medicine_name="남의약")
    answer = me.get("/me/export")
    body = b"".join(answer.streaming_content).decode()
    assert answer["Content-Disposition"].startswith("attachment")
    assert json.loads(body)
    assert "내약" in body
    assert "남의약" not in body


def test_leaving_is_asked_done_and_receipted(me, user):
    plan(user)
    assert "되돌릴 수 없어요" in me.get("/me/delete").content.decode()
    assert "확인하고 표시해 주세요" in send(me, "/me/delete", 400).content.decode()
    assert User.objects.filter(pk=user.pk).exists()
    answer = send(me, "/me/delete", sure="yes")
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Schedule.objects.exists()
    page = me.get(answer["Location"]).content.decode()
    assert str(ErasureReceipt.objects.get().pk) in page
    assert send(me, "/me/delete", sure="yes")["Location"] == "/goodbye"
    assert me.get("/goodbye?receipt=made-up").status_code == 200
    assert "모두 지웠어요" not in me.get("/goodbye?receipt=made-up").content.decode()


def test_every_form_asks_where_it_comes_from(user):
    strict = Client(enforce_csrf_checks=True, headers={"accept": "text/html"})
    strict.force_login(user)
    some = uuid4()
    for path in (
        "/me/profile", "/me/reminders", "/me/carers", "/me/carers/accept", f"/me/carers/{some}/revoke", "/me/calendar",
        "/me/logout-everywhere", "/me/delete", f"/me/phones/{some}/remove", "/plans/new", f"/plans/{some}",
        f"/plans/{some}/end", f"/plans/{some}/refill", "/plans/preview", f"/doses/{some}", "/doses/taken",
        "/doses/together",
    ):  # fmt: skip
        assert strict.post(path, {"sure": "yes"}).status_code == 403, path


# The doctor's sheet


def test_the_sheet(me, user):
    row = dose(user, minutes=-5)
    page = me.get("/sheet").content.decode()
    assert "가나정" in page
    assert "매일 08:00" in page
    on = today(user).isoformat()
    pdf = me.get(f"/sheet.pdf?from={on}&to={on}")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    table = me.get("/sheet.csv").content.decode("utf-8-sig")
    assert table.count("\r\n") >= 2
    assert row.medicine_name in table
    assert me.get("/sheet.csv?from=2020-01-01&to=2020-01-31").content.decode("utf-8-sig").count("\r\n") == 1
    assert me.get("/sheet.exe").status_code == 404


@pytest.mark.parametrize(
    "query",
    ["from=2026-01-01", "from=x&to=y", "from=2026-02-02&to=2026-01-01", "from=2020-01-01&to=2026-01-01", "to=%00"],
)
def test_a_period_that_cannot_be_is_told(me, user, query):
    page = me.get(f"/sheet?{query}")
    assert page.status_code == 400
    assert 'id="period-error"' in page.content.decode()
    assert me.get(f"/sheet.pdf?{query}").status_code == 400


def test_taking_back_twice_is_told_kindly(me, user):
    phone = Device.objects.create(user=user, token="ExponentPushToken[a]", created_at=timezone.now())
    twice = {
        f"/me/phones/{phone.pk}/remove": ("이제 알림이 가지 않아요", "이미 지운 기기예요"),
        f"/me/carers/{uuid4()}/revoke": ("이미 끊은 보호자예요", "이미 끊은 보호자예요"),
    }
    for path, told in twice.items():
        for words in told:
            send(me, path)
            assert words in me.get("/me").content.decode()
    send(me, "/me/calendar")
    for words in ("달력 주소를 없앴어요", "쓰고 있는 달력 주소가 없어요"):
        send(me, "/me/calendar", revoke="yes")
        assert words in me.get("/me").content.decode()
