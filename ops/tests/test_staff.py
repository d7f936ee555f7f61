"""The door of the admin: repeated failures lock it, a second factor is asked for, addresses are not believed."""

import io
import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.logs import JsonFormatter
from ops.models import AuditEvent
from ops.tasks import purge_login_attempts

pytestmark = pytest.mark.usefixtures("_quick")
PASSWORD = "a-password-for-tests-1"


@pytest.fixture
def _quick(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


@pytest.fixture
def staff(db):
    return get_user_model().objects.create_superuser("boss", PASSWORD)


def enter(client, *, username="boss", password=PASSWORD, code="", **environ):
    form = {"username": username, "password": password, "otp_token": code, "next": "/admin/"}
    return client.post("/admin/login/?next=/admin/", form, **environ)


def inside(client):
    return client.get("/admin/").status_code == 200


def code_of(device, *, later=0):
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = timezone.now().timestamp() + later
    return f"{totp.token():06d}"


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_a_password_opens_it(client, staff):
    assert enter(client).status_code == 302
    assert inside(client)
    assert actions() == ["staff.login"]


@pytest.mark.parametrize("rotate", [
    {}, {"HTTP_X_FORWARDED_FOR": "198.51.100.{}"}, {"HTTP_X_REAL_IP": "198.51.100.{}"}, {"HTTP_USER_AGENT": "agent {}"},
    {"HTTP_FORWARDED": "for=198.51.100.{}"}, {"HTTP_CF_CONNECTING_IP": "198.51.100.{}"},
])  # fmt: skip
def test_five_failures_lock_it_whatever_is_said_of_the_address(client, staff, rotate):
    for number in range(5):
        wrong = enter(client, password="wrong", **{name: text.format(number) for name, text in rotate.items()})
    assert wrong.status_code == 429
    last = enter(client, **{name: text.format(9) for name, text in rotate.items()})
    assert (last.status_code, last["Retry-After"]) == (429, "1800")
    assert "잠갔어요" in last.content.decode()
    assert not inside(client)
    assert "staff.locked_out" in actions()


def test_a_fresh_browser_does_not_open_the_lock(staff):
    for _ in range(5):
        enter(Client(), password="wrong")
    assert enter(Client()).status_code == 429


def test_a_stranger_cannot_lock_staff_out(client, staff):
    for _ in range(6):
        enter(Client(), password="wrong", REMOTE_ADDR="198.51.100.7")
    assert enter(client, REMOTE_ADDR="203.0.113.5").status_code == 302


def test_a_lock_ends(client, staff):
    for _ in range(5):
        enter(client, password="wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=31))
    assert enter(client).status_code == 302


def test_success_forgets_failures(client, staff):
    for _ in range(3):
        for _ in range(4):
            enter(client, password="wrong")
        assert enter(client).status_code == 302


def test_attempts_from_one_address_are_limited_whatever_the_name(client, staff, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"login": "3/minute"}
    answers = [enter(client, username=f"name{number}", password="x").status_code for number in range(4)]
    assert answers == [200, 200, 200, 429]
    assert client.get("/admin/login/").status_code == 200


def test_a_password_typed_as_a_name_is_kept_nowhere(client, staff, caplog):
    caplog.set_level("DEBUG")
    for _ in range(5):
        enter(client, username="my-secret-passphrase", password="another-secret")
    kept = repr(list(AccessAttempt.objects.values()))
    lines = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert AccessAttempt.objects.get().failures_since_start == 5
    for text in (kept, lines):
        assert "my-secret-passphrase" not in text
        assert "another-secret" not in text


@pytest.mark.parametrize("username", ["", "\0", "boss\0", "가" * 300, "boss' OR 1=1 --"])
def test_odd_names(client, staff, username):
    assert enter(client, username=username).status_code == 200


def test_old_attempts_are_purged(client, staff):
    enter(client, password="wrong")
    assert purge_login_attempts() == 0
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(days=31))
    assert purge_login_attempts() == 1


# --- the second factor ---


@pytest.fixture
def device(staff):
    said = io.StringIO()
    call_command("staff_totp", "boss", stdout=said)
    assert re.match(r"otpauth://totp/Pilling.*secret=[A-Z2-7]{32}", said.getvalue())
    return TOTPDevice.objects.get(user=staff)


def test_without_its_code_a_password_is_worth_nothing(client, device):
    assert "다시 확인해 주세요" in enter(client).content.decode()
    assert not inside(client)


def test_a_code_opens_it_once(client, device):
    code = code_of(device)
    assert enter(client, code=code).status_code == 302
    assert inside(client)
    assert enter(Client(), code=code).status_code == 200
    assert AuditEvent.objects.get(action="staff.login").details == {"second_factor": True}


def test_the_answer_does_not_tell_a_right_password_from_a_wrong_one(device):
    def shown(**given):
        return re.sub(r'value="[^"]*"', "", enter(Client(), **given).content.decode())

    assert shown(password=PASSWORD, code="000000") == shown(password="wrong", code="000000")


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "０００００００", "\0", "-1", "12 34"])
def test_what_is_no_code(client, device, code):
    assert enter(client, code=code).status_code == 200
    assert not inside(client)


def test_wrong_codes_lock_it_too(client, device):
    answers = [enter(client, code="000000").status_code for _ in range(5)]
    assert answers[-1] == 429


def test_anothers_code_does_not_count(client, device):
    other = get_user_model().objects.create_superuser("other", PASSWORD)
    theirs = TOTPDevice.objects.create(user=other, name="앱")
    assert enter(client, code=code_of(theirs)).status_code == 200


def test_a_session_from_before_the_second_factor_is_asked_again(client, staff):
    enter(client)
    assert inside(client)
    call_command("staff_totp", "boss", stdout=io.StringIO())
    assert not inside(client)


def test_it_can_be_demanded_of_all(client, staff, settings):
    settings.ADMIN_TOTP_REQUIRED = True
    enter(client)
    assert not inside(client)
    call_command("staff_totp", "boss", stdout=io.StringIO())
    enter(client, code=code_of(TOTPDevice.objects.get()))
    assert inside(client)


def test_a_lost_phone(client, device):
    call_command("staff_totp", "boss", "--remove")
    assert enter(client).status_code == 302
    assert actions() == ["totp.added", "totp.removed", "staff.login"]


@pytest.mark.parametrize("username", ["nobody", "reader"])
def test_only_staff_has_one(db, username):
    get_user_model().objects.create_user("reader", PASSWORD)
    with pytest.raises(CommandError):
        call_command("staff_totp", username)


def test_no_page_shows_the_key(client, device):
    enter(client, code=code_of(device))
    for page in ("", f"{device.pk}/change/"):
        answer = client.get(f"/admin/otp_totp/totpdevice/{page}")
        assert answer.status_code == 200
        assert device.key not in answer.content.decode()
