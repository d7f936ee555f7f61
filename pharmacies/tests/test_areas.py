"""Districts and roads out of the pharmacies' addresses."""

import pytest

from core.errors import InvalidQuery
from pharmacies.models import Pharmacy
from pharmacies.selectors.areas import areas, find_areas
from pharmacies.tests.factories import store

pytestmark = pytest.mark.django_db
PLACES = [
    ("가약국", 37.561, 126.97, "서울특별시 중구 도란로 58, 3층 (도란동)"),
    ("나약국", 37.563, 126.98, "서울특별시 중구 도란로 60"),
    ("다약국", 37.571, 126.99, "서울특별시 중구 아라로 8"),
    ("라약국", 37.58, 126.985, "서울 종로구 도란로 1"),
    ("마역약국", 37.65, 126.83, "경기도 고양시 덕양구 혜음로 9"),
    ("바약국", 33.5, 126.53, "제주특별자치도 제주시 바람로 2"),
    ("사약국", 36.5, 127.26, "세종특별자치시 한누리길 3"),
    ("아약국", 35.82, 127.1, "전라북도 전주시 완산구 물결로 4"),
    ("자약국", 35.83, 127.1, "?? 어딘가"),
]


@pytest.fixture(autouse=True)
def _pharmacies():
    for name, lat, lng, address in PLACES:
        row = store(name, lat, lng)
        Pharmacy.objects.filter(pk=row.pk).update(address=address)


def names(found):
    return [area.name for area in found]


def test_every_district_once():
    assert names(areas()) == [
        "경기도 고양시 덕양구", "서울특별시 종로구", "서울특별시 중구", "세종특별자치시",
        "전북특별자치도 전주시 완산구", "제주특별자치도 제주시",
    ]  # fmt: skip
    middle = next(area for area in areas() if area.town == "중구")
    assert (middle.lat, middle.lng, middle.pharmacies) == (37.563, 126.98, 3)


def test_every_district_is_asked_once(django_assert_num_queries):
    areas()
    with django_assert_num_queries(0):
        areas()


@pytest.mark.parametrize(("text", "expected"), [
    ("서울 중구 도란로 58", ["서울특별시 중구"]),
    ("도란로", ["서울특별시 중구", "서울특별시 종로구"]),
    ("서울특별시 도란로 1-2", ["서울특별시 중구", "서울특별시 종로구"]),
    ("마역", ["경기도 고양시 덕양구"]),
    ("전북", ["전북특별자치도 전주시 완산구"]),
    ("제주", ["제주특별자치도 제주시"]),
    ("세종", ["세종특별자치시"]),
    ("없는길", []),
    ("중.*", []),
    ("(중구", ["서울특별시 중구"]),
    ("[", []),
])  # fmt: skip
def test_found_by_address(text, expected, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert names(find_areas(text)) == expected


def test_of_a_road_the_middle_is_the_roads():
    assert find_areas("중구 도란로")[0].lat == pytest.approx(37.562)


@pytest.mark.parametrize("text", ["", "   ", "58", "1-2", "가" * 101, "중구\0"])
def test_what_cannot_be_looked_for(text):
    with pytest.raises(InvalidQuery):
        find_areas(text)
