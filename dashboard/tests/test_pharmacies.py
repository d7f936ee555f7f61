"""`/pharmacies`: by district, address and place; every bad input; what the policy allows."""

import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from core.cache import tiers
from pharmacies.cells import cells_around
from pharmacies.models import Pharmacy
from pharmacies.services import kakao
from pharmacies.tests.factories import CITY_HALL, metres_north, store, week

pytestmark = pytest.mark.django_db
URL = "/pharmacies"
LAT, LNG = CITY_HALL
TUESDAY_NOON, SUNDAY = "2026-12-01T12:00", "2026-11-29T12:00"
WEEKDAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("0900", "1900"))
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _town(settings):
    settings.KAKAO_REST_API_KEY = ""
    places = [
        ("가람약국", 0, "서울특별시 중구 도란로 58", "02-0401-2705", week(**WEEKDAYS)),
        ("나루약국", 300, "서울특별시 중구 도란로 70", "", week()),
        ("다솜약국", 5_000, "서울특별시 종로구 도란로 1", "02-0000-0001", week(**WEEKDAYS)),
    ]
    for name, metres, address, phone, hours in places:
        row = store(name, metres_north(LAT, metres), LNG, phone=phone, week=hours)
        Pharmacy.objects.filter(pk=row.pk).update(address=address)


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def near(browser, status=200, headers=None, **given):
    return text(browser.post(URL, {"lat": LAT, "lng": LNG, "at": TUESDAY_NOON, **given}, headers=headers), status)


def test_at_first_it_asks_where(browser):
    page = text(browser.get(URL))
    assert "어디에서 찾을까요?" in page
    assert '<optgroup label="서울특별시"><option value="서울특별시 종로구">종로구</option>' in page
    assert 'aria-current="page">약국' in page


def test_by_district(browser):
    page = text(browser.get(URL, {"area": "서울특별시 중구", "at": TUESDAY_NOON}))
    assert "서울특별시 중구에서 가까운 약국" in page
    assert page.index("가람약국") < page.index("나루약국")
    assert "다솜약국" not in page
    assert "전화로 확인하세요" in page
    assert 'href="tel:02-0401-2705"' in page
    assert "오늘 19:00에 닫아요" in page
    assert "알려진 전화번호가 없어요" in page
    assert "국립중앙의료원(2026년 11월 26일)" in page
    assert ">열림<" in page
    assert ">모름<" in page


def test_a_closed_one_says_when_it_opens(browser):
    page = text(browser.get(URL, {"area": "서울특별시 종로구", "at": "2026-12-01T21:00"}))
    assert ">닫힘<" in page
    assert "내일 09:00에 열어요" in page


def test_by_address(browser):
    page = text(browser.get(URL, {"q": "서울 중구 도란로 58"}))
    assert "서울특별시 중구 ‘서울 중구 도란로 58’에서 가까운 약국" in page
    choices = text(browser.get(URL, {"q": "도란로", "radius": "500"}))
    assert "어느 곳인가요?" in choices
    assert "area=%EC%84%9C%EC%9A%B8%ED%8A%B9%EB%B3%84%EC%8B%9C+%EC%A2%85%EB%A1%9C%EA%B5%AC&amp;radius=500" in choices
    page = text(browser.get(URL, {"q": "도란로", "area": "서울특별시 종로구"}))
    assert "서울특별시 종로구 ‘도란로’에서 가까운 약국" in page


def test_an_address_outside_the_chosen_district_counts(browser):
    page = text(browser.get(URL, {"q": "종로구", "area": "서울특별시 중구"}))
    assert "서울특별시 종로구 ‘종로구’에서 가까운 약국" in page


def test_only_open_ones(browser):
    page = text(browser.get(URL, {"area": "서울특별시 중구", "open": "1", "at": TUESDAY_NOON}))
    assert "가람약국" in page
    assert "나루약국" not in page
    nothing = text(browser.get(URL, {"area": "서울특별시 중구", "open": "1", "at": SUNDAY}))
    assert "확실한 약국이 없어요" in nothing


def test_by_place_it_comes_in_the_body_and_is_kept_nowhere(browser):
    answer = browser.post(URL, {"lat": "37.56712", "lng": "126.97834", "at": TUESDAY_NOON, "radius": "1000"})
    page = text(answer)
    assert "내 위치에서 가까운 약국" in page
    assert answer["Cache-Control"] == "private, no-store"
    assert "37.56712" not in page
    assert "126.97834" not in page
    assert "다솜약국" not in page


def test_htmx_gets_the_part(browser):
    part = near(browser, headers=HTMX)
    assert "가람약국" in part
    assert "<html" not in part


def test_a_place_in_a_query_is_not_read(browser):
    assert "어디에서 찾을까요?" in text(browser.get(URL, {"lat": LAT, "lng": LNG}))


BAD_PLACES = {
    "swapped": ({"lat": LNG, "lng": LAT}, "서로 바뀐 것 같아요"),
    "Tokyo": ({"lat": "35.68", "lng": "139.69"}, "대한민국 밖"),
    "nothing": ({"lat": "", "lng": ""}, "위치를 읽지 못했어요"),
    "NaN": ({"lat": "NaN", "lng": "1e3"}, "위치를 읽지 못했어요"),
    "script": ({"lat": "<script>alert(1)</script>"}, "위치를 읽지 못했어요"),
    "nul": ({"lat": "37\0"}, "위치를 읽지 못했어요"),
    "radius": ({"radius": "99999999"}, "거리를 다시"),
    "time": ({"at": "tomorrow"}, "시각을 다시"),
    "far": ({"at": "2099-01-01T00:00"}, "시각을 다시"),
    "no-month": ({"at": "2026-13-01T00:00"}, "시각을 다시"),
}


@pytest.mark.parametrize(("given", "words"), BAD_PLACES.values(), ids=BAD_PLACES.keys())
def test_bad_places_are_told_kindly(browser, given, words):
    page = near(browser, 400, **given)
    assert words in page
    assert 'role="alert"' in page
    assert "<script>alert" not in page
    part = browser.post(URL, {"lat": LAT, "lng": LNG, **given}, headers=HTMX)
    assert words in part.json()["detail"]


BAD_ADDRESSES = {
    "unknown": ({"q": "없는동네"}, "찾지 못했어요"),
    "unknown-district": ({"area": "서울특별시 없는구"}, "찾지 못했어요"),
    "number": ({"q": "58"}, "동네나 길 이름"),
    "long": ({"q": "가" * 101}, "100자까지"),
    "huge": ({"q": "가" * 3_000, "area": "나" * 3_000}, "100자까지"),
    "nul": ({"q": "중구\0"}, "100자까지"),
    "markup": ({"q": "<script>alert(1)</script>"}, "찾지 못했어요"),
    "pattern": ({"q": "((((.*"}, "찾지 못했어요"),
}


@pytest.mark.parametrize(("given", "words"), BAD_ADDRESSES.values(), ids=BAD_ADDRESSES.keys())
def test_bad_addresses_are_told_kindly(browser, given, words):
    page = text(browser.get(URL, given), 400)
    assert words in page
    assert "<script>alert" not in page


def test_looks_end(browser, settings):
    settings.KAKAO_REST_API_KEY = "a key that nobody is asked with"
    keys = [kakao._KEY + cell for cell in cells_around(LAT, LNG, kakao.REACH_METRES)]
    tiers().set_many(dict.fromkeys(keys, b"pending"), seconds=60)
    part = near(browser, headers=HTMX)
    assert 'hx-post="/pharmacies"' in part
    assert '{"looks": 1}' in part
    for looks in ("4", "99", "x", "-1"):
        assert "hx-trigger" not in near(browser, headers=HTMX, looks=looks)
    by_name = text(browser.get(URL, {"area": "서울특별시 중구"}))
    assert "looks=1" in by_name


@pytest.mark.parametrize(("given", "queries"), [({}, 1), ({"area": "서울특별시 중구"}, 3), ({"q": "중구 도란로"}, 4)])
def test_queries_do_not_grow(browser, django_assert_max_num_queries, given, queries):
    for number in range(30):
        store(f"더{number}약국", metres_north(LAT, 10 * number), LNG)
    with django_assert_max_num_queries(queries):
        text(browser.get(URL, given))


def test_only_this_page_may_load_kakaos_map(browser, settings):
    plain = browser.get(URL)["Content-Security-Policy"]
    assert "https://" not in plain
    assert "unsafe" not in plain
    settings.KAKAO_JS_KEY = "js key"
    answer = browser.get(URL, {"area": "서울특별시 중구"})
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";") if " " in part)
    assert "https://dapi.kakao.com" in policy["script-src"]
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "https://*.daumcdn.net" in policy["img-src"]
    assert answer["Referrer-Policy"] == "strict-origin"
    assert "sdk.js?appkey=js+key&amp;autoload=false" in text(answer)
    assert "https://" not in browser.get("/")["Content-Security-Policy"]


def test_tiles_are_allowed_by_their_host(browser, settings):
    settings.MAP_TILES_URL = "https://{s}.tiles.example/{z}/{x}/{y}.png"
    answer = browser.get(URL, {"area": "서울특별시 중구"})
    assert "img-src 'self' data: https://*.tiles.example" in answer["Content-Security-Policy"]


FILES = (
    "dashboard/pilling.css", "dashboard/pilling.js", "dashboard/pharmacies.js", "dashboard/icon.svg",
    "django_htmx/htmx-2.min.js", "vendor/leaflet/leaflet.js", "vendor/leaflet/leaflet.css", "dashboard/districts.json",
)  # fmt: skip


def test_a_full_page_with_its_map_weighs_little(browser):
    for number in range(30):
        store(f"더{number}약국", metres_north(LAT, 10 * number), LNG, week=week(**WEEKDAYS))
    page = text(browser.get(URL, {"area": "서울특별시 중구"})).encode()
    files = [Path(finders.find(name)).read_bytes() for name in FILES]
    assert sum(len(gzip.compress(body)) for body in [page, *files]) < 150_000
