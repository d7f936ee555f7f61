"""The data.go.kr stand-in keeps to its wire contract, quirks included."""

import csv
import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
import requests

from sandbox.standins import Standins
from sandbox.standins.wire import DETAIL_KEYS, EASYDRUG_KEYS, INGREDIENT_KEYS, PERMIT_KEYS

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
EASYDRUG = "/1471000/DrbEasyDrugInfoService/getDrbEasyDrugList"
PERMIT = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07"
DETAIL = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnDtlInq06"
INGREDIENTS = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtMcpnDtlInq07"
BASE64_KEY = "c2FuZGJveC1rZXk+Lw=="
NAMES = {"200000003": "가나정500mg", "200000001": "가나정", "200000002": "어린이가나시럽", "200000004": "다라정"}


def write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("records")
    easy = [
        {"itemSeq": seq, "itemName": name, "entpName": "예시제약", "efcyQesitm": "첫 줄이다.\n\n둘째 <줄> & 끝.\n"}
        for seq, name in NAMES.items()
    ]
    permit = [{"ITEM_SEQ": seq, "ITEM_NAME": name, "ENTP_NAME": "예시제약"} for seq, name in NAMES.items()]
    write_lines(folder / "easydrug.jsonl.gz", easy)
    write_lines(folder / "permit.jsonl", [{"ITEM_SEQ": None, "ITEM_NAME": "번호없는정"}, *permit])
    document = "<DOC><![CDATA[두통]]></DOC>"
    write_lines(folder / "permit_detail.jsonl", [{"ITEM_SEQ": "200000001", "EE_DOC_DATA": document}])
    write_lines(folder / "ingredients.jsonl", [{"ITEM_SEQ": "200000001", "PRDUCT": "가나정", "MTRAL_NM": "가나민"}])
    return folder


@pytest.fixture(scope="module")
def running(folder) -> Iterator[Standins]:
    with Standins(data=folder, detail_seconds=0) as standins:
        yield standins


@pytest.fixture
def standins(running) -> Iterator[Standins]:
    yield running
    running.reset()


@pytest.fixture
def call(standins):
    def call(path: str = EASYDRUG, **params: object) -> requests.Response:
        query = {"serviceKey": "sandbox-key", "type": "json", **params}
        return requests.get(standins.url("datagokr") + path, params=query, timeout=60)

    return call


def code_of(response: requests.Response) -> str | None:
    return ElementTree.fromstring(response.text).findtext(".//returnReasonCode")  # noqa: S314 - our own server


def test_list_envelope_keys_and_types(call):
    reply = call(numOfRows=2).json()
    assert list(reply) == ["header", "body"]
    assert reply["header"] == {"resultCode": "00", "resultMsg": "NORMAL SERVICE."}
    assert {name: reply["body"][name] for name in ("pageNo", "totalCount", "numOfRows")} == {
        "pageNo": 1,
        "totalCount": 4,
        "numOfRows": 2,
    }
    assert list(reply["body"]["items"][0]) == list(EASYDRUG_KEYS)
    assert reply["body"]["items"][0]["itemImage"] is None


def test_list_is_sorted_by_item_seq(call):
    assert [item["itemSeq"] for item in call(numOfRows=100).json()["body"]["items"]] == sorted(NAMES)


def test_pages_do_not_overlap(call):
    pages = [call(numOfRows=3, pageNo=page).json()["body"]["items"] for page in (1, 2)]
    assert [len(page) for page in pages] == [3, 1]
    assert {item["itemSeq"] for page in pages for item in page} == set(NAMES)


def test_item_name_matches_any_part(call):
    assert call(itemName="가나").json()["body"]["totalCount"] == 3


def test_no_hit_has_no_items_key(call):
    body = call(itemName="없는약").json()["body"]
    assert body == {"pageNo": 1, "totalCount": 0, "numOfRows": 10}


@pytest.mark.parametrize("params", [{"itemname": "다라"}, {"item_name": "다라"}, {"nonsense": "1"}, {"itemName": ""}])
def test_unknown_and_miscased_parameters_give_the_whole_list(call, params):
    assert call(**params).json()["body"]["totalCount"] == 4


def test_item_seq_is_exact_on_the_easy_list(call):
    assert call(itemSeq="200000004").json()["body"]["items"][0]["itemName"] == "다라정"
    assert call(itemSeq="20000000").json()["body"]["totalCount"] == 0


def test_xml_is_the_default_and_nulls_are_empty_elements(call):
    reply = call(type=None, itemName="다라")
    item = ElementTree.fromstring(reply.text).find(".//items/item")  # noqa: S314 - our own server
    assert reply.headers["Content-Type"].startswith("application/xml")
    assert item is not None
    assert item.findtext("efcyQesitm") == "첫 줄이다.  둘째 <줄> & 끝. "
    assert "<itemImage/>" in reply.text


def test_json_is_only_given_for_the_exact_word(call):
    assert call(type="JSON").text.startswith("<?xml")


def test_percent_in_the_name_breaks_the_service(call):
    reply = call(itemName="10%")
    assert (reply.status_code, reply.text) == (500, "Unexpected errors")


def test_more_than_500_rows_are_refused(call):
    assert "500" in call(numOfRows=501).json()["header"]["resultMsg"]
    assert "items" in call(numOfRows=500).json()["body"]


@pytest.mark.parametrize("params", [{"pageNo": "x"}, {"pageNo": "0"}, {"numOfRows": "-1"}, {"numOfRows": "9" * 5000}])
def test_bad_page_numbers_answer_code_10(call, params):
    assert code_of(call(**params)) == "10"


def test_permit_list_ignores_item_seq_and_filters_by_item_name(call):
    assert call(PERMIT, item_seq="200000001").json()["body"]["totalCount"] == 5
    reply = call(PERMIT, item_name="다라").json()["body"]
    assert reply["totalCount"] == 1
    assert list(reply["items"][0]) == list(PERMIT_KEYS)


def test_rows_without_item_seq_come_last(call):
    assert call(PERMIT).json()["body"]["items"][-1]["ITEM_SEQ"] is None


def test_detail_is_exact_and_has_its_documents(call):
    reply = call(DETAIL, item_seq="200000001")
    item = reply.json()["body"]["items"][0]
    assert list(item) == list(DETAIL_KEYS)
    assert item["EE_DOC_DATA"] == "<DOC><![CDATA[두통]]></DOC>"
    assert "<\\/DOC>" in reply.text


def test_detail_of_a_product_without_documents_is_empty_text(call):
    item = call(DETAIL, item_seq="200000004").json()["body"]["items"][0]
    assert (item["ITEM_NAME"], item["EE_DOC_DATA"], item["NB_DOC_DATA"]) == ("다라정", "", "")


def test_ingredients_by_product_name(call):
    body = call(INGREDIENTS, Prduct="가나").json()["body"]
    assert body["items"][0]["MTRAL_NM"] == "가나민"
    assert list(body["items"][0]) == list(INGREDIENT_KEYS)


def test_both_spellings_of_the_key_parameter(standins):
    for name in ("serviceKey", "ServiceKey"):
        reply = requests.get(f"{standins.url('datagokr')}{EASYDRUG}?{name}=sandbox-key&type=json", timeout=60)
        assert reply.json()["header"]["resultCode"] == "00"


def test_double_encoded_key_is_not_registered(standins, call):
    assert call(serviceKey=BASE64_KEY).json()["header"]["resultCode"] == "00"
    trapped = call(serviceKey=quote(BASE64_KEY, safe=""))
    assert (trapped.status_code, code_of(trapped)) == (403, "30")


def test_missing_key_is_denied_in_xml(call):
    assert code_of(call(serviceKey=None)) == "20"


def test_missing_user_agent_is_blocked(standins):
    with closing(HTTPConnection(urlsplit(standins.url("datagokr")).netloc, timeout=60)) as connection:
        connection.request("GET", f"{EASYDRUG}?serviceKey=sandbox-key")
        reply = connection.getresponse()
        assert (reply.status, reply.read()) == (400, b"Request Blocked")


def test_retired_versions_and_unknown_paths(call):
    assert code_of(call("/1471000/DrugPrdtPrmsnInfoService05/getDrugPrdtPrmsnInq05")) == "12"
    unknown = call("/1471000/NoSuchService/getIt")
    assert (unknown.status_code, unknown.text) == (404, "API not found")


def test_daily_quota_is_counted_for_each_operation(standins, call):
    standins.set("daily_quota", 2)
    answers = [call() for _ in range(3)]
    assert [answer.ok and answer.text.startswith("{") for answer in answers] == [True, True, False]
    assert code_of(answers[2]) == "22"
    assert call(PERMIT).json()["header"]["resultCode"] == "00"


def test_calls_and_last_requests_are_kept(standins, call):
    call(itemName="다라")
    call(DETAIL, item_seq="200000001")
    assert standins.calls("datagokr") == {"getDrbEasyDrugList": 1, "getDrugPrdtPrmsnDtlInq06": 1}
    first = standins.last_requests("datagokr")[0]
    assert (first.method, first.path, first.params["itemName"]) == ("GET", EASYDRUG, "다라")
    assert first.headers["user-agent"].startswith("python-requests")


def test_150_connections_at_once(standins, call):
    with ThreadPoolExecutor(150) as pool:
        answers = list(pool.map(lambda _: call(itemName="가나").json()["body"]["totalCount"], range(150)))
    assert answers == [3] * 150
    assert standins.calls("datagokr")["getDrbEasyDrugList"] == 150


def test_a_connection_is_kept_alive(standins):
    with closing(HTTPConnection(urlsplit(standins.url("datagokr")).netloc, timeout=60)) as connection:
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("GET", f"{EASYDRUG}?serviceKey=sandbox-key", headers={"User-Agent": "tests"})
            assert connection.getresponse().read().startswith(b"<?xml")
            assert connection.sock is first


def test_a_folder_without_records_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no records"):
        Standins(data=tmp_path)


def test_the_sample_is_served():
    with Standins(data=ROOT / "sandbox" / "sample") as standins:
        query = {"serviceKey": "sandbox-key", "type": "json"}
        replies = [
            requests.get(standins.url("datagokr") + path, params=query, timeout=60).json()
            for path in (EASYDRUG, PERMIT, INGREDIENTS)
        ]
    assert [reply["body"]["totalCount"] > 150 for reply in replies] == [True, True, True]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the full dump (../shared/data) is not here")
def test_the_full_dump_is_served():
    with (SHARED / "easydrug_ingr.csv").open(encoding="utf-8") as file:
        ingredients = {row["itemSeq"]: row["main_ingr"] for row in csv.DictReader(file)}
    with Standins(data=SHARED, detail_seconds=0) as standins:

        def ask(path: str, **params: str) -> dict:
            query = {"serviceKey": "sandbox-key", "type": "json", **params}
            return requests.get(standins.url("datagokr") + path, params=query, timeout=60).json()["body"]

        assert ask(EASYDRUG)["totalCount"] == 4712
        assert ask(PERMIT)["totalCount"] == 35209
        assert ask(PERMIT, item_name="어린이타이레놀산160")["items"][0]["ITEM_PERMIT_DATE"] == "20200803"
        assert ask(DETAIL, item_seq="202005623")["items"][0]["EE_DOC_DATA"] == ""
        named = ask(INGREDIENTS, Prduct="게보린정")["items"]
    assert {row["MTRAL_NM"] for row in named if row["ITEM_SEQ"] == "197900277"} == set(
        ingredients["197900277"].split(",")
    )
