"""The pages in a real Chromium: keys, IME, offline, without JavaScript, and axe-core at two widths."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.tests.chromium import chromium_page, violations
from medicines.models import Medicine
from medicines.tests import catalogue
from medicines.tests.catalogue import record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WIDTHS = (360, 1280)
ADDRESS = "https://nedrug.mfds.go.kr/pbp/cmn/itemImageDownload/147427521476000014"
# Screenshots to look at; none unless a folder is named.
SHOTS = os.environ.get("SCREENSHOTS", "")


@pytest.fixture
def site(live_server, standins, settings, tmp_path):
    """The catalogue of the tests, with a picture, on a site that a service worker accepts."""
    settings.THROTTLE_ENABLED = False
    settings.PICTURES_ROOT = tmp_path
    settings.MEDICINE_PICTURES_BASE_URL = standins.url("mfds_pictures")
    catalogue.load()
    catalogue.add(record("100000009", "보라매사진정"))
    Medicine.objects.filter(item_seq__in=("100000001", "100000009")).update(image_url=ADDRESS)
    return f"http://localhost:{urlsplit(live_server.url).port}"


def watch(page):
    """What the page's console says is wrong, our policy's refusals among it."""
    wrong = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return wrong


def shot(page, name):
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def no_violation(page):
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in violations(page)] == []


def in_both_schemes(page, address, width):
    """The page, light and dark; it is loaded light on a phone and dark on a wide screen."""
    first, second = ("light", "dark") if width == WIDTHS[0] else ("dark", "light")
    page.emulate_media(color_scheme=first)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    yield first
    page.emulate_media(color_scheme=second)
    yield second


def fits(page):
    """Nothing is to be scrolled to sideways, the navigation's last word included."""
    return page.evaluate(
        """[document.documentElement, document.querySelector(".tabs")].every(
            (part) => part.scrollWidth <= Math.min(part.clientWidth, innerWidth))"""
    )


PAGES = {
    "start": "/",
    "results": "/?q=보라매",
    "similar": "/?q=보라메",
    "nothing": "/?q=뷁뷁뷁",
    "emergency": "/?q=약을 너무 많이 먹었어요",
    "too-long": f"/?q={'가' * 120}",
    "medicine": "/medicines/100000001",
    "keyword": "/medicines/100000001?keyword=임신",
    "gone": "/medicines/404404404",
    "offline": "/offline",
}


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_accessible_and_fits_and_asks_our_own_host_only(site, width):
    with chromium_page(width=width) as page:
        wrong, hosts = watch(page), set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        for name, path in PAGES.items():
            for scheme in in_both_schemes(page, site + path, width):
                if scheme == "light" or name in ("results", "medicine"):
                    shot(page, f"{name}-{width}-{scheme}")
                no_violation(page)
                assert fits(page), name
        assert [text for text in wrong if "status of 40" not in text] == []
        assert hosts == {urlsplit(site).netloc}


def test_large_text_fits_a_small_phone(site):
    with chromium_page(width=360) as page:
        page.goto(f"{site}/?q=보라매")
        page.get_by_role("button", name="글씨 크게").click()
        assert page.url.endswith("%EB%B3%B4%EB%9D%BC%EB%A7%A4") or "보라매" in page.url
        for path in ("/?q=보라매", "/medicines/100000001"):
            page.goto(site + path)
            assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "22px"
            assert fits(page)
            no_violation(page)
            shot(page, f"large{path.partition('?')[0].replace('/', '-')}")


@pytest.mark.parametrize("javascript", [True, False])
def test_find_read_and_open_a_source(site, javascript):
    with chromium_page(javascript=javascript) as page:
        wrong = watch(page)
        page.goto(site)
        page.get_by_label("어떤 약을 찾으세요?").fill("보라매")
        page.get_by_role("button", name="찾기").click()
        page.get_by_role("link", name="보라매정500밀리그램(아세트아미노펜)").click()
        assert page.get_by_role("heading", level=1).inner_text() == "보라매정500밀리그램(아세트아미노펜)"
        source = page.get_by_text("설명서 ‘효능’ 1번째 문장").first
        assert not source.is_visible()
        page.locator("summary", has_text="감기로 인한 발열").first.click()
        assert source.is_visible()
        page.get_by_label("궁금한 낱말을").fill("두통")
        page.get_by_role("button", name="보기", exact=True).click()
        page.get_by_text("‘두통’에 대해").wait_for()
        page.go_back()
        # htmx says so when a request for suggestions is given up, as one is by leaving the page.
        given_up = ("htmx:afterRequest", "htmx:sendAbort")
        assert [text for text in wrong if not text.startswith(given_up)] == []


def typed(page, text):
    """As an IME types: compositionstart, a change for each jamo, compositionend."""
    page.evaluate(
        """(steps) => {
            const field = document.querySelector("#q");
            field.dispatchEvent(new CompositionEvent("compositionstart"));
            for (const step of steps) {
                field.value = step;
                field.dispatchEvent(new InputEvent("input", { isComposing: true, bubbles: true }));
            }
        }""",
        text,
    )


def test_suggestions_by_keys_and_ime(site):
    with chromium_page() as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url) if "/suggestions" in request.url else None)
        page.goto(site)
        field = page.get_by_role("combobox", name="어떤 약을 찾으세요?")
        field.focus()
        # Jamo by jamo without a pause: one request, for where the typist paused.
        typed(page, ["ㅇ", "여", "영", "여우", "여울"])
        page.get_by_role("option").first.wait_for()
        assert len(asked) == 1
        # A syllable that is done is asked for at once.
        page.evaluate("document.querySelector('#q').dispatchEvent(new CompositionEvent('compositionend'))")
        assert field.get_attribute("aria-expanded") == "true"
        shot(page, "suggestions-360")
        no_violation(page)
        # While a syllable is built, Enter and the arrows belong to the IME.
        page.evaluate(
            """document.querySelector('#q').dispatchEvent(
                new KeyboardEvent('keydown', { key: 'ArrowDown', isComposing: true, bubbles: true }))"""
        )
        assert page.locator("[aria-selected=true]").count() == 0
        field.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        chosen = page.locator("[aria-selected=true]")
        assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id") == "suggestion-2"
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert page.locator("[aria-selected=true]").count() == 0
        page.keyboard.press("Escape")
        assert field.get_attribute("aria-expanded") == "false"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        name = page.locator("[aria-selected=true]").get_attribute("data-text")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?q=*")
        assert page.get_by_role("combobox").input_value() == name


def test_nothing_runs_that_somebody_typed(site):
    with chromium_page() as page:
        page.on("dialog", lambda dialog: pytest.fail("a script ran"))
        for path in ("/?q=<script>alert(1)</script>", '/?q="><img src=x onerror=alert(1)>'):
            page.goto(site + path)
        page.goto(site)
        page.get_by_role("combobox").press_sequentially("<img src=x onerror=alert(1)>")
        page.wait_for_timeout(400)


def test_the_last_medicines_are_there_offline_and_gone_after_logout(site, standins):
    with chromium_page() as page:
        page.goto(f"{site}/login?next=/")
        page.get_by_role("link", name="카카오로 로그인").click()
        page.get_by_label("누구로 로그인할까요?").fill("3")
        page.get_by_role("button", name="동의하고 계속하기").click()
        page.wait_for_url(f"{site}/")
        page.evaluate("navigator.serviceWorker.ready.then(() => new Promise(go => setTimeout(go, 500)))")
        page.goto(f"{site}/medicines/100000001")
        page.wait_for_load_state("networkidle")
        page.goto(f"{site}/?q=보라매")
        page.context.set_offline(True)
        page.goto(f"{site}/medicines/100000001")
        assert page.get_by_role("heading", level=1).inner_text().startswith("보라매정")
        page.goto(f"{site}/?q=새벽별")
        assert page.get_by_text("인터넷에 연결되어 있지 않아요").is_visible()
        page.get_by_role("link", name="보라매정500밀리그램(아세트아미노펜)").wait_for()
        shot(page, "offline-kept")
        page.goto(f"{site}/medicines/100000001")
        assert page.get_by_role("heading", level=1).inner_text().startswith("보라매정")
        page.context.set_offline(False)
        page.goto(f"{site}/login")
        page.get_by_role("button", name="로그아웃").click()
        page.wait_for_load_state("networkidle")
        assert not page.evaluate("caches.has('pages')")
        page.goto(site)
        page.evaluate("navigator.serviceWorker.ready.then(() => new Promise(go => setTimeout(go, 500)))")
        page.context.set_offline(True)
        page.goto(f"{site}/medicines/100000001")
        assert page.get_by_text("인터넷에 연결되어 있지 않아요").is_visible()


def test_the_picture_comes_from_us(site):
    with chromium_page() as page:
        page.goto(f"{site}/medicines/100000001")
        picture = page.get_by_role("img", name="보라매정500밀리그램(아세트아미노펜) 사진")
        page.wait_for_load_state("networkidle")
        assert picture.evaluate("image => image.naturalWidth") == 480
