"""The stand-ins of Kakao Local, the national list of pharmacies and the days off keep their wire contracts."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
import requests
from defusedxml.ElementTree import fromstring

from sandbox.home import PROJECT
from sandbox.standins import Standins
from sandbox.standins.standins import SAMPLE

LIVE = PROJECT.parent / "shared" / "data" / "fixtures_live"
FULL_DOWN = "/B552657/ErmctInsttInfoInqireService/getParmacyFullDown"
BASIS = "/B552657/ErmctInsttInfoInqireService/getParmacyBassInfoInqire"
HOLIDAYS = "/B090041/openapi/service/SpcdeInfoService/getRestDeInfo"
CATEGORY = "/v2/local/search/category.json"
CITY_HALL = {"x": "126.978", "y": "37.5665", "radius": "2000"}


@pytest.fixture(scope="module")
def standins():
    with Standins(data=SAMPLE, detail_seconds=0) as running:
        yield running


@pytest.fixture(autouse=True)
def _reset(standins):
    yield
    standins.reset()


@pytest.fixture
def portal(standins):
    def get(path, **params):
        return requests.get(standins.url("datagokr") + path, params={"serviceKey": "sandbox-key", **params}, timeout=60)

    return get


@pytest.fixture
def kakao(standins):
    def get(key="KakaoAK sandbox-key", path=CATEGORY, **params):
        headers = {"Authorization": key} if key else {}
        params = {"category_group_code": "PM9", **params}
        return requests.get(standins.url("kakao_local") + path, params=params, headers=headers, timeout=60)

    return get


def sample(name):
    return [json.loads(line) for line in (SAMPLE / f"{name}.jsonl").read_text().splitlines()]


class TestSample:
    """At least three hundred made-up pharmacies, with every kind of hours, around three cities."""

    def test_rows(self):
        rows = sample("pharmacies")
        assert len(rows) >= 300
        assert len({row["hpid"] for row in rows}) == len(rows)
        towns = Counter(row["dutyAddr"].split()[0] for row in rows)
        assert min(towns[town] for town in ("서울특별시", "부산광역시", "제주특별자치도")) >= 40

    def test_hours(self):
        rows = sample("pharmacies")
        times = [(row.get(f"dutyTime{day}s"), row.get(f"dutyTime{day}c")) for row in rows for day in range(1, 9)]
        closes = {close for _, close in times}
        assert {2400, 2500, 2430, 2600, 3000, "0100", "null"} <= closes
        assert {"0900", "900", 1000, "0000"} <= {opens for opens, _ in times} | {1000, "900"}
        assert any(isinstance(opens, int) for opens, _ in times)
        assert any(opens and close and int(close) < int(opens) for opens, close in times if close != "null")
        assert any(not any(key.startswith("dutyTime") for key in row) for row in rows)
        assert any("dutyTime8s" in row for row in rows)
        assert any("dutyTime3s" not in row and "dutyTime1s" in row for row in rows)

    def test_kakao_knows_most_of_them_and_some_others(self):
        names = {row["dutyName"] for row in sample("pharmacies")}
        places = sample("kakao_places")
        newer = [place for place in places if place["place_name"].startswith("새로연")]
        assert len(places) - len(newer) > 280
        assert len(newer) >= 20
        assert not names & {place["place_name"] for place in newer}


class TestNationalList:
    def test_a_page_in_json(self, portal):
        body = portal(FULL_DOWN, _type="json", pageNo=2, numOfRows=10).json()["response"]["body"]
        assert (body["pageNo"], body["numOfRows"], body["totalCount"]) == (2, 10, 324)
        assert [row["rnum"] for row in body["items"]["item"]] == list(range(11, 21))

    def test_one_row_is_an_object_and_none_is_empty_text(self, portal):
        body = portal(BASIS, _type="json", HPID="C9000001").json()["response"]["body"]
        assert body["items"]["item"]["hpid"] == "C9000001"
        assert portal(BASIS, _type="json", HPID="C1").json()["response"]["body"]["items"] == ""
        assert portal(FULL_DOWN, _type="json", pageNo=99).json()["response"]["body"]["items"] == ""

    def test_xml_is_the_default(self, portal):
        root = fromstring(portal(FULL_DOWN, numOfRows=3).content)
        assert root.findtext("header/resultCode") == "00"
        assert len(root.findall("body/items/item")) == 3

    def test_key_and_size(self, portal):
        assert portal(FULL_DOWN, serviceKey="wrong").status_code == 403
        assert portal(FULL_DOWN, numOfRows=9_999).text == "Unexpected errors"
        assert b"<returnReasonCode>10<" in portal(FULL_DOWN, pageNo=0).content

    @pytest.mark.skipif(not LIVE.is_dir(), reason="the captured answers are not here")
    def test_the_shape_of_the_captured_answer(self, portal):
        captured = json.loads((LIVE / "pharmacy_basis.json").read_text())["response"]
        ours = portal(BASIS, _type="json", HPID="C9000001", numOfRows=1).json()["response"]
        assert ours["header"] == captured["header"]
        assert ours["body"].keys() == captured["body"].keys()
        shared = ours["body"]["items"]["item"].keys() & captured["body"]["items"]["item"].keys()
        assert {"hpid", "dutyName", "dutyTel1", "wgs84Lat", "dutyTime1s", "dutyTime6c", "postCdn2"} <= shared
        for name in (name for name in shared if not name.startswith("dutyTime")):
            kinds = {type(body["body"]["items"]["item"][name]) for body in (ours, captured)}
            assert len(kinds) == 1, name


class TestDaysOff:
    def test_a_year(self, portal):
        root = fromstring(portal(HOLIDAYS, solYear=2027, numOfRows=100).content)
        days = {item.findtext("locdate"): item.findtext("dateName") for item in root.iter("item")}
        assert len(days) == int(root.findtext("body/totalCount"))
        assert (days["20270207"], days["20270209"]) == ("설날", "대체공휴일(설날)")

    @pytest.mark.skipif(not LIVE.is_dir(), reason="the captured answers are not here")
    def test_the_captured_year(self, portal):
        captured = fromstring((LIVE / "holiday_2026.xml").read_text())
        ours = fromstring(portal(HOLIDAYS, solYear=2026, numOfRows=100).content)
        fields = [field.tag for field in captured.find("body/items/item")]
        assert [field.tag for field in ours.find("body/items/item")] == fields
        days = [[item.findtext("locdate") for item in root.iter("item")] for root in (ours, captured)]
        assert days[0] == days[1]


class TestKakao:
    def test_a_circle(self, kakao):
        body = kakao(**CITY_HALL, sort="distance").json()
        distances = [int(place["distance"]) for place in body["documents"]]
        assert distances == sorted(distances)
        assert len(distances) == 15
        assert body["meta"]["total_count"] == body["meta"]["pageable_count"] > 15
        assert all(isinstance(value, str) for place in body["documents"] for value in place.values())

    def test_a_rectangle_shows_45_at_most_and_then_its_last_page_again(self, kakao):
        rect = "124.5,33.0,132.0,38.7"
        pages = [kakao(rect=rect, page=number).json() for number in (1, 2, 3, 4)]
        assert [page["meta"]["is_end"] for page in pages] == [False, False, True, True]
        assert pages[0]["meta"]["total_count"] == len(sample("kakao_places"))
        assert pages[0]["meta"]["pageable_count"] == 45
        assert pages[2]["documents"] == pages[3]["documents"]
        assert len({place["id"] for page in pages for place in page["documents"]}) == 45
        assert pages[0]["documents"][0]["distance"] == ""

    def test_nothing_there(self, kakao):
        assert kakao(rect="131.0,37.0,131.1,37.1").json() == {
            "meta": {"same_name": None, "pageable_count": 0, "total_count": 0, "is_end": True}, "documents": [],
        }  # fmt: skip
        assert kakao(category_group_code="HP8", **CITY_HALL).json()["documents"] == []

    @pytest.mark.parametrize(
        ("params", "status", "kind"),
        [
            ({"key": ""}, 401, "AccessDeniedError"), ({"key": "KakaoAK wrong"}, 401, "AccessDeniedError"),
            ({"key": "Bearer sandbox-key"}, 401, "AccessDeniedError"),
            ({"category_group_code": ""}, 400, "MissingParameter"), ({"x": ""}, 400, "MissingParameter"),
            ({"page": "46"}, 400, "InvalidArgument"), ({"size": "16"}, 400, "InvalidArgument"),
            ({"radius": "20001"}, 400, "InvalidArgument"), ({"rect": "1,2,3"}, 400, "InvalidArgument"),
            ({"rect": "a,b,c,d"}, 400, "InvalidArgument"), ({"x": "nan"}, 400, "InvalidArgument"),
            ({"sort": "name"}, 400, "InvalidArgument"), ({"path": "/v2/none.json"}, 404, "ResourceNotFound"),
        ],
    )  # fmt: skip
    def test_refusals(self, kakao, params, status, kind):
        answer = kakao(**CITY_HALL | params)
        assert (answer.status_code, answer.json()["errorType"]) == (status, kind)

    def test_sorting_by_distance_needs_a_point(self, kakao):
        answer = kakao(rect="126,37,127,38", sort="distance")
        assert (answer.status_code, answer.json()["errorType"]) == (400, "MissingParameter")

    def test_the_quota_in_both_its_forms(self, kakao, standins):
        standins.set("kakao_daily_quota", 1)
        assert kakao(**CITY_HALL).status_code == 200
        assert (kakao(**CITY_HALL).status_code, kakao(**CITY_HALL).json()["errorType"]) == (429, "RequestThrottled")
        standins.set_fault("kakao_local", "quota", code=400)
        answer = kakao(**CITY_HALL)
        assert (answer.status_code, answer.json()["code"]) == (400, -10)
        standins.reset()
        standins.set_fault("kakao_local", "disabled")
        assert (kakao().status_code, kakao().json()["errorType"]) == (403, "NotAuthorizedError")
        standins.reset()
        standins.set_fault("kakao_local", "key")
        assert kakao().status_code == 401


def test_a_collected_list_becomes_both_wires(tmp_path):
    _write_list(tmp_path / "pharmacies.csv.gz")
    (tmp_path / "permit.jsonl").write_text("")
    with Standins(data=tmp_path, detail_seconds=0) as standins:
        params = {"serviceKey": "sandbox-key", "_type": "json", "numOfRows": 100}
        body = requests.get(standins.url("datagokr") + FULL_DOWN, params=params, timeout=60).json()["response"]["body"]
        # Only those with the agency's own key are in its list.
        assert body["totalCount"] == 50
        assert body["items"]["item"][0]["dutyTime1s"] == "0900"
        assert body["items"]["item"][0]["dutyTime1c"] == 1900
        assert "dutyTime2s" not in body["items"]["item"][0]
        params = {"category_group_code": "PM9", "rect": "124,33,132,39"}
        headers = {"Authorization": "KakaoAK sandbox-key"}
        found = requests.get(standins.url("kakao_local") + CATEGORY, params=params, headers=headers, timeout=60).json()
        assert 85 < found["meta"]["total_count"] < 110


def _write_list(path: Path) -> None:
    columns = ["id", "hpid", "name", "address", "tel", "lat", "lon", "dutyTime1s", "dutyTime1c", "dutyTime2s"]
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(100):
            hpid = f"C{number}" if number % 2 else ""
            writer.writerow([f"id{number}", hpid, f"보기{number}약국", "서울", "02", 37.5, 127.0, "0900", "1900", ""])
        writer.writerow(["id999", "C999", "자리없는약국", "서울", "02", "", "", "", "", ""])
