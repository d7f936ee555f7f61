"""Nobody is sent to another place, whatever a link says."""

from urllib.parse import quote, urljoin, urlsplit

import pytest
from django.contrib.auth import get_user_model

PASSWORD = "a-password-for-tests-1"
ELSEWHERE = [
    "//evil.test", "///evil.test", "https://evil.test", "https:evil.test", "http:///evil.test", "\\\\evil.test",
    "/\\evil.test", "\t//evil.test", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)",
    "data:text/html,x", "//evil.test@127.0.0.1", "https://127.0.0.1.evil.test", "/\r\nSet-Cookie: stolen=1",
    "%2f%2fevil.test", "//evil%E3%80%82test", "http://[::1", "https://127.0.0.1@evil.test/", "\x00//evil.test",
]  # fmt: skip
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    settings.THROTTLE_ENABLED = False


@pytest.mark.parametrize("wished", ELSEWHERE)
@pytest.mark.parametrize("path", ["/login", "/login/kakao"])
def test_nobody_is_sent_to_another_place(client, path, wished):
    answer = client.get(f"{path}?next={quote(wished, safe='')}")
    assert answer.status_code in (200, 302)
    assert "stolen" not in answer.cookies
    # Kakao's page gets our own address to send the browser back to, and nothing of the wish.
    assert "evil" not in answer.get("Location", "")
    # What the page offers as its next step stays here too; "%2f%2fevil.test" is a page of ours that does not exist.
    assert "evil" not in answer.content.decode() or wished.startswith("%")
    assert "script:" not in answer.content.decode().lower()


@pytest.mark.parametrize("wished", ELSEWHERE)
def test_staff_land_in_the_admin(client, wished):
    get_user_model().objects.create_superuser("boss", PASSWORD)
    form = {"username": "boss", "password": PASSWORD, "next": wished}
    answer = client.post(f"/admin/login/?next={quote(wished, safe='')}", form)
    assert answer.status_code == 302
    assert urlsplit(urljoin("http://testserver/admin/login/", answer["Location"])).netloc == "testserver"
    assert "\n" not in answer["Location"]
    assert "stolen" not in answer.cookies


@pytest.mark.parametrize("wished", ELSEWHERE)
def test_logging_out_leads_to_our_own_page(client, wished):
    answer = client.post(f"/logout?next={quote(wished, safe='')}", {"next": wished})
    assert (answer.status_code, answer["Location"]) == (302, "/login")
