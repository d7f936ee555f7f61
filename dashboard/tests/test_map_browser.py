"""The pharmacies' and the operators' pages in a real Chromium: maps, geolocation, charts, axe-core."""

import time
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from config.tests.chromium import chromium_page
from core import minutes, stores
from dashboard.tests.test_browser import WIDTHS, in_both_schemes, no_violation, shot, watch
from pharmacies.models import Pharmacy
from pharmacies.tests.factories import CITY_HALL, metres_north, store, week
from sandbox.standins import kakao_local

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LAT, LNG = CITY_HALL
ALWAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"), ("0000", "2400"))
WEEKDAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("0900", "1900"))
FOUND = "/pharmacies?area=서울특별시 중구&at=2026-12-01T21:00"
PAGES = {
    "pharmacies": "/pharmacies",
    "pharmacies-found": FOUND,
    "pharmacies-choices": "/pharmacies?q=도란로",
    "pharmacies-refused": "/pharmacies?q=없는동네",
    "pharmacies-none": "/pharmacies?area=서울특별시 중구&open=1&radius=500&at=2026-12-06T03:00",
}


@pytest.fixture
def site(live_server, settings):
    settings.THROTTLE_ENABLED = False
    settings.KAKAO_REST_API_KEY = ""
    hours = [week(**WEEKDAYS), week(**WEEKDAYS, sat=("0900", "1300")), week(), week(**ALWAYS)]
    for number in range(12):
        lat, lng = metres_north(LAT, 90 * number), LNG + 0.001 * (number % 5 - 2)
        name, phone = f"{'가나다라마바사아자차카타'[number]}람약국", f"02-0401-27{number:02}"
        row = store(name, lat, lng, phone=phone, week=hours[number % 4])
        district = "종로구" if number > 9 else "중구"
        Pharmacy.objects.filter(pk=row.pk).update(address=f"서울특별시 {district} 도란로 {58 + number}, 1층 (도란동)")
    return f"http://localhost:{urlsplit(live_server.url).port}"


@pytest.mark.parametrize("width", WIDTHS)
def test_pharmacies_are_accessible_and_fit(site, width):
    with chromium_page(width=width) as page:
        wrong, hosts = watch(page), set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        for name, path in PAGES.items():
            for scheme in in_both_schemes(page, site + path, width):
                if scheme == "light" or name == "pharmacies-found":
                    shot(page, f"{name}-{width}-{scheme}")
                no_violation(page)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert [text for text in wrong if "status of 40" not in text] == []
        assert hosts == {urlsplit(site).netloc}


def test_large_text_fits_a_small_phone(site):
    with chromium_page(width=360) as page:
        page.goto(site + FOUND)
        page.get_by_role("button", name="글씨 크게").click()
        page.goto(site + FOUND)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        no_violation(page)
        shot(page, "pharmacies-large")


def test_the_map_is_drawn_and_reached_by_keys(site):
    with chromium_page(width=1280) as page:
        page.goto(site + FOUND)
        first = page.locator("#map .pin").first
        first.wait_for()
        assert page.locator("#map .pin").count() == 12
        assert page.locator("#map path.district-line").count() > 100
        page.get_by_role("link", name="지도 건너뛰고 목록으로").focus()
        page.keyboard.press("Tab")
        reached = set()
        for _ in range(30):
            reached.add(page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
            page.keyboard.press("Tab")
        assert len([name for name in reached if "약국, " in name]) == 12
        first.focus()
        page.keyboard.press("Enter")
        popup = page.locator(".leaflet-popup")
        popup.get_by_role("link", name="목록에서 보기").wait_for()
        shot(page, "pharmacies-map-popup")
        no_violation(page)
        popup.get_by_role("link", name="목록에서 보기").click()
        assert "#pharmacy-" in page.url
        page.get_by_role("button", name="지도에서 보기").nth(2).click()
        # The first one is still fading away.
        page.locator(".leaflet-popup").last.wait_for()


def test_without_javascript_the_list_is_all(site):
    with chromium_page(javascript=False) as page:
        page.goto(f"{site}/pharmacies")
        assert not page.get_by_role("button", name="내 위치에서 찾기").is_visible()
        page.get_by_label("동네나 길 이름, 주소").fill("도란로")
        page.get_by_role("button", name="찾기", exact=True).click()
        page.get_by_role("link", name="서울특별시 중구").click()
        assert page.get_by_role("heading", level=2).inner_text() == "서울특별시 중구 ‘도란로’에서 가까운 약국"
        assert page.locator("#list > li").count() == 12
        assert page.get_by_role("link", name="전화하기").first.is_visible()
        page.goto(f"{site}/pharmacies")
        page.get_by_label("또는 지역 고르기").select_option("서울특별시 종로구")
        page.get_by_role("button", name="찾기", exact=True).click()
        assert page.locator("#list > li").count() == 12
        shot(page, "pharmacies-no-javascript")


def test_where_somebody_is_is_asked_for_after_a_press(site):
    with chromium_page() as page:
        wrong, sent = watch(page), []
        page.on("request", lambda request: sent.append((request.method, request.url)))
        page.add_init_script(
            """const ask = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
               navigator.geolocation.getCurrentPosition = (...given) => { window.asked = true; ask(...given); };"""
        )
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": LAT, "longitude": LNG})
        page.goto(f"{site}/pharmacies")
        page.wait_for_load_state("networkidle")
        assert not page.evaluate("window.asked")
        page.get_by_role("button", name="내 위치에서 찾기").click()
        page.get_by_role("heading", name="내 위치에서 가까운 약국").wait_for()
        page.locator("#map .pin").first.wait_for()
        assert page.url == f"{site}/pharmacies"
        assert ("POST", f"{site}/pharmacies") in sent
        assert not [url for _, url in sent if "37.5" in url]
        no_violation(page)
        shot(page, "pharmacies-near")
        assert wrong == []


def test_a_blocked_place_is_told_kindly(site):
    with chromium_page() as page:
        page.context.set_geolocation({"latitude": LAT, "longitude": LNG})
        page.context.clear_permissions()
        page.goto(f"{site}/pharmacies")
        page.get_by_role("button", name="내 위치에서 찾기").click()
        page.get_by_text("괜찮아요, 아래에 동네 이름을 적거나").wait_for()
        assert page.evaluate("document.activeElement.id") == "q"
        no_violation(page)
        shot(page, "pharmacies-blocked")


def test_a_place_abroad_is_told_kindly(site):
    with chromium_page() as page:
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"latitude": 35.68, "longitude": 139.69})
        page.goto(f"{site}/pharmacies")
        page.get_by_role("button", name="내 위치에서 찾기").click()
        page.get_by_text("대한민국 밖의 위치예요").wait_for()


@pytest.fixture
def kakao_key(settings, standins):
    settings.KAKAO_REST_API_KEY = ""
    settings.KAKAO_JS_KEY = kakao_local.JS_KEY
    settings.KAKAO_MAP_BASE_URL = standins.url("kakao_local")


def test_kakaos_map_with_a_key(site, kakao_key):
    with chromium_page(width=1280) as page:
        wrong = watch(page)
        page.goto(site + FOUND)
        page.locator("#map[data-drawn-by=kakao][data-bounds='12']").wait_for()
        page.locator("#map button.pin").first.focus()
        page.keyboard.press("Enter")
        page.locator("#map").get_by_role("link", name="목록에서 보기").wait_for()
        assert page.locator("#map .leaflet-pane").count() == 0
        assert wrong == []
        no_violation(page)


def test_without_kakaos_script_our_own_map_is_drawn(site, kakao_key, settings):
    settings.KAKAO_JS_KEY = "refused"
    with chromium_page() as page:
        page.goto(site + FOUND)
        page.locator("#map .leaflet-marker-icon.pin").first.wait_for()


def signed_in(site):
    """The cookie of an operator's browser."""
    user = get_user_model().objects.create_user("operator", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_circuitbreaker"))
    client = Client()
    client.force_login(user)
    return {"name": django_settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": site}


@pytest.fixture
def busy(site):
    """An hour in which something happened."""
    stores.cache.client.flushdb()
    now = int(time.time() // 60)
    for back in range(40):
        requests = 40 + back * 7 % 50
        fields = {("status", "search", "2"): requests, ("status", "search", "5"): back % 9 == 0}
        fields |= {("within", "search", bound): int(requests * share) for bound, share in (
            ("0.005", 0.5), ("0.01", 0.8), ("0.05", 0.97), ("0.25", 1), ("+Inf", 1))}  # fmt: skip
        fields |= {("status", "medicine-summary", "2"): 6, ("within", "medicine-summary", "3.0"): 6}
        fields |= {("cache", "memory", "hit"): requests * 5, ("cache", "memory", "miss"): 30 + back}
        fields |= {("cache", "redis", "hit"): 20, ("cache", "redis", "miss"): 10 + back}
        fields |= {("call", "openai", "ok"): back % 3, ("call", "datagokr", "timeout"): back % 5 == 0}
        minutes._send({field: int(count) for field, count in fields.items() if count}, now - back)
    return site


@pytest.mark.parametrize("width", WIDTHS)
def test_operations_are_accessible_and_live(busy, width):
    cookie = signed_in(busy)
    with chromium_page(width=width, height=900) as page:
        wrong = watch(page)
        page.context.add_cookies([cookie])
        for scheme in in_both_schemes(page, f"{busy}/operations", width):
            page.locator("canvas").nth(3).wait_for()
            shot(page, f"operations-{width}-{scheme}")
            no_violation(page)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        before = page.locator("#live > p").first.inner_text()
        page.wait_for_function("before => document.querySelector('#live > p').innerText !== before", arg=before)
        assert page.locator("canvas").count() == 4
        assert wrong == []


def test_operations_without_javascript(busy):
    cookie = signed_in(busy)
    with chromium_page(javascript=False) as page:
        page.context.add_cookies([cookie])
        page.goto(f"{busy}/operations")
        assert page.get_by_role("heading", name="회로 차단기").is_visible()
        assert page.get_by_role("row").count() > 15
