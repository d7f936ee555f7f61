"""GET /api/v1/pharmacies: distances, opening states, and every bad input."""

import json

import pytest
from geographiclib.geodesic import Geodesic

from pharmacies.tests.factories import CITY_HALL, metres_north, store, week

URL = "/api/v1/pharmacies"
LAT, LNG = CITY_HALL
TUESDAY_NOON = "2026-12-01T12:00:00+09:00"
SUNDAY_3AM = "2026-11-29T03:00:00+09:00"
SEOLLAL_NOON = "2027-02-07T12:00:00+09:00"
WEEKDAYS = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("0900", "1900"))

pytestmark = pytest.mark.django_db


def ask(client, status=200, **params):
    answer = client.get(URL, {"lat": LAT, "lng": LNG, "at": TUESDAY_NOON, **params})
    assert answer.status_code == status, answer.content
    return json.loads(answer.content)


def test_nearest_first_within_the_radius(client):
    for metres in (900, 100, 300, 2_500):
        store(f"{metres}약국", metres_north(LAT, metres))
    body = ask(client, radius=1_000)
    assert [row["name"] for row in body["results"]] == ["100약국", "300약국", "900약국"]
    assert [row["name"] for row in ask(client, radius=3_000, limit=1)["results"]] == ["100약국"]
    assert (body["next"], body["previous"]) == (None, None)


@pytest.mark.parametrize(("lat", "lng"), [(33.12, 126.27), (35.16, 129.16), (37.5665, 126.978), (38.5, 128.4)])
@pytest.mark.parametrize(("north", "east"), [(0.0005, 0), (0, 0.0005), (0.03, 0.02), (-0.15, 0), (0, -0.2), (0.1, 0.1)])
def test_distances_are_right_to_half_a_percent(client, lat, lng, north, east):
    store("먼약국", lat + north, lng + east)
    truth = Geodesic.WGS84.Inverse(lat, lng, lat + north, lng + east)["s12"]
    found = ask(client, lat=lat, lng=lng, radius=20_000)["results"][0]["distance_m"]
    assert found == pytest.approx(truth, rel=0.005)


def test_a_row_says_everything(client):
    row = store("보기약국", metres_north(LAT, 50), phone="02-000-0000", week=week(**WEEKDAYS, sat=("1000", "2500")))
    body = ask(client)
    found = body["results"][0]
    assert found | {"hours": None} == {
        "id": row.pk,
        "name": "보기약국",
        "address": "서울특별시 중구",
        "phone": "02-000-0000",
        "lat": row.lat,
        "lng": row.lng,
        "distance_m": pytest.approx(50, abs=0.3),
        "state": "open",
        "state_reason": "within_hours",
        "state_text": "영업시간 안이에요.",
        "opens_at": None,
        "closes_at": "2026-12-01T19:00:00+09:00",
        "hours": None,
        "sources": [{"name": "nemc", "as_of": "2026-11-26", "confidence": 1.0}],
        "as_of": "2026-11-26",
    }
    assert found["hours"]["sat"] == {"opens": "10:00", "closes": "01:00", "next_day": True}
    assert found["hours"]["holiday"] is None
    assert body | {"results": []} == {
        "at": TUESDAY_NOON, "holiday": None, "kakao": "off", "stale": False, "results": [],
        "notice": "실제 영업시간은 다를 수 있으니 가기 전에 전화로 확인하세요.", "next": None, "previous": None,
    }  # fmt: skip


def test_the_three_moments(client):
    store("평일약국", week=week(**WEEKDAYS))
    store("심야약국", week=week(sat=("2000", "0400"), sun=("2000", "0400"), holiday=("1000", "1500")))
    store("모름약국")

    def states(at):
        body = ask(client, at=at)
        return {row["name"]: (row["state"], row["state_reason"]) for row in body["results"]}, body["holiday"]

    assert states(TUESDAY_NOON) == (
        {
            "평일약국": ("open", "within_hours"),
            "심야약국": ("unknown", "day_not_listed"),
            "모름약국": ("unknown", "no_hours"),
        },
        None,
    )
    assert states(SUNDAY_3AM)[0] == {
        "평일약국": ("unknown", "day_not_listed"),
        "심야약국": ("open", "past_midnight"),
        "모름약국": ("unknown", "no_hours"),
    }
    assert states(SEOLLAL_NOON) == (
        {
            "평일약국": ("unknown", "day_not_listed"),
            "심야약국": ("open", "holiday_hours"),
            "모름약국": ("unknown", "no_hours"),
        },
        "설날",
    )
    assert "명절" in ask(client, at=SEOLLAL_NOON)["notice"]


def test_open_now_leaves_the_certain_ones(client):
    store("평일약국", week=week(**WEEKDAYS))
    store("심야약국", metres_north(LAT, 50), week=week(mon=("2000", "0400")))
    store("모름약국", metres_north(LAT, 60))
    names = [row["name"] for row in ask(client, open_now="true")["results"]]
    assert names == ["평일약국"]
    names = [row["name"] for row in ask(client, open_now="1", at="2026-12-01T03:00:00+09:00")["results"]]
    assert names == ["심야약국"]


def test_one_pharmacy(client):
    row = store(week=week(**WEEKDAYS))
    body = client.get(f"{URL}/{row.pk}", {"at": TUESDAY_NOON}).json()
    assert (body["id"], body["distance_m"], body["state"]) == (row.pk, None, "open")
    assert client.get(f"{URL}/{row.pk + 1}").status_code == 404


@pytest.mark.parametrize("number", ["abc", "1.5", "-1", "9" * 19, "１"])
def test_an_id_that_is_none(client, number):
    assert client.get(f"{URL}/{number}").status_code == 400


BAD = {
    "swapped": ({"lat": LNG, "lng": LAT}, "lat", "swapped"),
    "Tokyo": ({"lat": 35.68, "lng": 139.69}, "lat", "outside_korea"),
    "south pole": ({"lat": -90, "lng": 0}, "lat", "outside_korea"),
    "nan": ({"lat": "nan"}, "lat", "number"),
    "infinity": ({"lng": "inf"}, "lng", "number"),
    "long infinity": ({"lng": "-Infinity"}, "lng", "number"),
    "overflow": ({"lat": "1e400"}, "lat", "number"),
    "text": ({"lat": "시청"}, "lat", "number"),
    "wide digits": ({"lat": "３７.5"}, "lat", "number"),
    "underscore": ({"lat": "3_7.5"}, "lat", "number"),
    "empty": ({"lat": ""}, "lat", "number"),
    "comma": ({"lat": "37,5"}, "lat", "number"),
    "radius 0": ({"radius": 0}, "radius", "range"),
    "radius 10⁹": ({"radius": 10**9}, "radius", "range"),
    "radius 20001": ({"radius": 20_001}, "radius", "range"),
    "negative radius": ({"radius": -5}, "radius", "range"),
    "radius nan": ({"radius": "nan"}, "radius", "range"),
    "broken radius": ({"radius": "1.5"}, "radius", "range"),
    "limit 0": ({"limit": 0}, "limit", "range"),
    "limit 51": ({"limit": 51}, "limit", "range"),
    "open_now": ({"open_now": "maybe"}, "open_now", "boolean"),
    "year 9999": ({"at": "9999-12-31T23:59:59+09:00"}, "at", "range"),
    "year 9999 west": ({"at": "9999-12-31T23:59:59-09:00"}, "at", "range"),
    "year 1": ({"at": "0001-01-01T00:00:00+14:00"}, "at", "range"),
    "no offset": ({"at": "2026-12-01T12:00:00"}, "at", "offset"),
    "a day": ({"at": "2026-12-01"}, "at", "offset"),
    "lost plus": ({"at": "2026-12-01T12:00:00 09:00"}, "at", "plus"),
    "tomorrow": ({"at": "tomorrow"}, "at", "instant"),
    "30 February": ({"at": "2026-02-30T12:00:00+09:00"}, "at", "instant"),
    "empty at": ({"at": ""}, "at", "instant"),
    "unknown": ({"query": "약국"}, "query", "unknown"),
    "nul": ({"lat": "37\0"}, "lat", "nul"),
}  # fmt: skip


@pytest.mark.parametrize(("params", "field", "code"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_told_in_korean(client, params, field, code):
    body = ask(client, 400, **params)
    assert body["type"] == "/problems/invalid-query"
    assert (body["errors"][0]["field"], body["errors"][0]["code"]) == (field, code)
    assert any("가" <= letter <= "힣" for letter in body["detail"])


@pytest.mark.parametrize("missing", ["lat", "lng"])
def test_coordinates_are_required(client, missing):
    params = {"lat": LAT, "lng": LNG}
    del params[missing]
    answer = client.get(URL, params)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "required")


def test_nothing_on_the_way_keeps_where_somebody_is(client):
    answer = client.get(URL, {"lat": LAT, "lng": LNG})
    assert answer["Cache-Control"] == "no-store"


def test_only_get(client):
    assert client.post(URL).status_code == 405


def test_now_is_the_default(client):
    store(week=week(**dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"), ("0000", "2400"))))
    row = client.get(URL, {"lat": LAT, "lng": LNG}).json()["results"][0]
    assert (row["state"], row["state_reason"], row["closes_at"]) == ("open", "always_open", None)


def test_one_statement(client, django_assert_num_queries):
    store(week=week(**WEEKDAYS))
    ask(client)
    with django_assert_num_queries(1):
        ask(client)
    with django_assert_num_queries(1):
        ask(client, open_now="true", radius=20_000, limit=50)
