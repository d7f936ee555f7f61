"""A person logs in through Kakao's (stand-in's) consent page in a real browser, and out again. No JavaScript needed."""

from urllib.parse import urlsplit

import pytest

from accounts.models import Login, User
from config.tests.chromium import chromium_page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _plain_files(settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}


@pytest.mark.parametrize("javascript", [True, False])
def test_in_and_out(settings, standins, live_server, javascript):
    # Another site than the stand-in's 127.0.0.1, as Kakao is: the session's cookie must survive the way back.
    site = f"http://localhost:{urlsplit(live_server.url).port}"
    with chromium_page(javascript=javascript) as page:
        refused = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        page.goto(f"{site}/login?next=/login%3Ffrom%3Dhere")
        planted = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        page.get_by_role("link", name="카카오로 로그인").click()
        assert urlsplit(page.url).netloc == urlsplit(standins.url("kakao")).netloc
        page.get_by_label("누구로 로그인할까요?").fill("3")
        page.get_by_role("button", name="동의하고 계속하기").click()
        assert page.url == f"{site}/login?from=here"
        assert page.get_by_text("연습3 님, 로그인되어 있어요.").is_visible()
        assert _session(page) not in planted.values()
        # The stylesheet came through our own policy.
        assert page.locator("main").evaluate("node => getComputedStyle(node).maxWidth") == "416px"
        page.get_by_role("button", name="로그아웃").click()
        assert page.url == f"{site}/login"
        assert page.get_by_role("link", name="카카오로 로그인").is_visible()
        page.go_back()
        page.reload()
        assert page.get_by_role("link", name="카카오로 로그인").is_visible()
        # A style or form that our policy forbids would show here.
        assert [text for text in refused if "Content Security Policy" in text] == []
    assert User.objects.get().nickname == "연습3"
    assert Login.objects.get().revoked_at


def test_cancelling(settings, standins, live_server):
    with chromium_page() as page:
        page.goto(f"{live_server.url}/login")
        page.get_by_role("link", name="카카오로 로그인").click()
        page.get_by_role("button", name="취소").click()
        assert page.get_by_role("alert").inner_text() == "로그인을 취소했어요."
    assert not User.objects.exists()


def _session(page):
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
