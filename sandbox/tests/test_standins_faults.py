"""Each fault really happens on the wire, and the switch works over HTTP."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.standins import BadFaultError, Standins

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "sandbox" / "sample"
EASYDRUG = "/1471000/DrbEasyDrugInfoService/getDrbEasyDrugList"
PERMIT = "/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07"


@pytest.fixture(scope="module")
def running() -> Iterator[Standins]:
    with Standins(data=SAMPLE, detail_seconds=0, completion_seconds=0) as standins:
        yield standins


@pytest.fixture
def standins(running) -> Iterator[Standins]:
    yield running
    running.reset()


@pytest.fixture
def call(standins):
    def call(path: str = EASYDRUG, timeout: float = 10, **params: object) -> requests.Response:
        query = {"serviceKey": "sandbox-key", "type": "json", **params}
        return requests.get(standins.url("datagokr") + path, params=query, timeout=timeout)

    return call


@pytest.fixture
def control(standins):
    def control(method: str, path: str, body: object = None, **params: object) -> requests.Response:
        return requests.request(method, standins.url("control") + path, json=body, params=params, timeout=60)

    return control


def test_latency_stalls_before_the_headers(standins, call):
    standins.set_fault("datagokr", "latency", seconds=30, times=1)
    with pytest.raises(requests.ReadTimeout):
        call(timeout=0.3)
    assert call().ok


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("json", "application/json", '{"error":"stand-in fault"}'),
        ("xml", "application/xml", "<error>stand-in fault</error>"),
        ("plain", "text/plain", "stand-in fault"),
        ("empty", "text/plain", ""),
        ("anything else", "text/plain", "anything else"),
    ],
)
def test_status(standins, call, body, content_type, text):
    standins.set_fault("datagokr", "status", code=503, body=body)
    reply = call()
    assert (reply.status_code, reply.text) == (503, text)
    assert reply.headers["Content-Type"].startswith(content_type)


def test_garbage_is_no_json(standins, call):
    standins.set_fault("datagokr", "garbage")
    reply = call()
    assert reply.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        json.loads(reply.content)


@pytest.mark.parametrize(("shape", "value"), [("list", []), ("null", None), ("number", 42), ('{"a":1}', {"a": 1})])
def test_garbage_that_is_json(standins, call, shape, value):
    standins.set_fault("datagokr", "garbage", shape=shape)
    assert call().json() == value


def test_html_page_of_the_firewall(standins, call):
    standins.set_fault("datagokr", "html")
    reply = call()
    assert (reply.status_code, reply.text[:15]) == (403, "<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("code", "text"), [(401, "Unauthorized"), (404, "API not found"), (429, "API token quota exceeded")]
)
def test_plain_gateway_errors(standins, call, code, text):
    standins.set_fault("datagokr", "plain", code=code)
    reply = call()
    assert (reply.status_code, reply.text) == (code, text)


def test_empty_body(standins, call):
    standins.set_fault("datagokr", "empty")
    reply = call()
    assert (reply.status_code, reply.content) == (200, b"")


def test_truncated_body(standins, call):
    standins.set_fault("datagokr", "truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        call(numOfRows=100)


def test_stalled_body(standins):
    standins.set_fault("expo", "stalled", seconds=2)
    with requests.post(f"{standins.url('expo')}/--/api/v2/push/send", json=[], stream=True, timeout=0.3) as reply:
        assert reply.status_code == 200
        with pytest.raises(requests.ConnectionError, match="Read timed out"):
            reply.content  # noqa: B018


def test_reset(standins, call):
    standins.set_fault("datagokr", "reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        call()


def test_refused_closes_the_port_and_clearing_opens_the_same(standins, call):
    url = standins.url("datagokr")
    with requests.Session() as kept:
        assert kept.get(url, timeout=60).status_code == 404
        standins.set_fault("datagokr", "refused")
        with pytest.raises(requests.ConnectionError, match="refused"):
            kept.get(url, timeout=60)
    assert requests.get(standins.url("openai") + "/models", timeout=60).status_code == 401
    standins.clear_faults("datagokr")
    assert standins.url("datagokr") == url
    assert call().ok


def test_refused_twice_and_cleared_twice(standins, call):
    for _ in range(2):
        standins.set_fault("datagokr", "refused")
    for _ in range(2):
        standins.clear_faults()
    assert call().ok


def test_oversize(standins, call):
    standins.set_fault("datagokr", "oversize", megabytes=10)
    assert len(call().content) > 10_000_000


@pytest.mark.parametrize(
    ("kind", "options", "status", "code"),
    [
        ("quota", {}, 200, "22"),
        ("quota", {"code": 23}, 200, "23"),
        ("key", {}, 403, "30"),
        ("gateway_xml", {"code": 5}, 200, "05"),
        ("gateway_xml", {"code": 99, "http": 403}, 403, "99"),
    ],
)
def test_gateway_errors_are_xml_whatever_was_asked_for(standins, call, kind, options, status, code):
    standins.set_fault("datagokr", kind, **options)
    reply = call(type="json")
    assert reply.status_code == status
    assert f"<returnReasonCode>{code}</returnReasonCode>" in reply.text


def test_total_without_items(standins, call):
    standins.set_fault("datagokr", "no_items_with_total")
    body = call().json()["body"]
    assert body["totalCount"] == 7
    assert "items" not in body


def test_wrong_item_answers_another_product(standins, call):
    asked = call(numOfRows=1).json()["body"]["items"][0]["itemSeq"]
    standins.set_fault("datagokr", "wrong_item")
    body = call(itemSeq=asked).json()["body"]
    assert body["totalCount"] == 1
    assert body["items"][0]["itemSeq"] != asked


def test_times_ends_the_fault(standins, call):
    standins.set_fault("datagokr", "status", times=2)
    assert [call().status_code for _ in range(4)] == [500, 500, 200, 200]


def test_operation_limits_the_fault(standins, call):
    standins.set_fault("datagokr", "status", operation="getDrugPrdtPrmsnInq07")
    assert (call().status_code, call(PERMIT).status_code) == (200, 500)


def test_probability_is_an_exact_share(standins, call):
    standins.set_fault("datagokr", "status", probability=0.25)
    assert Counter(call().status_code for _ in range(20)) == {200: 15, 500: 5}


def test_latency_adds_to_another_fault(standins, call):
    standins.set_fault("datagokr", "latency", seconds=30)
    standins.set_fault("datagokr", "status", code=502)
    with pytest.raises(requests.ReadTimeout):
        call(timeout=0.3)
    standins.set_fault("datagokr", "latency", seconds=0)
    assert call().status_code == 502


def test_faults_of_one_vendor_leave_the_other_alone(standins):
    standins.set_fault("datagokr", "status")
    assert requests.get(standins.url("openai") + "/models", timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("nonsense", {}),
        ("rate_limit", {}),
        ("status", {"colour": "red"}),
        ("status", {"code": "many"}),
        ("refused", {"times": 1}),
    ],
)
def test_unknown_kinds_and_options_are_errors(standins, kind, options):
    with pytest.raises(BadFaultError):
        standins.set_fault("datagokr", kind, **options)


def test_control_switches_faults(control, call):
    set_up = control("POST", "/faults", {"vendor": "datagokr", "kind": "status", "code": 502, "times": 1})
    assert set_up.json()[0] == {
        "kind": "status",
        "operation": None,
        "times": 1,
        "probability": 1.0,
        "code": 502,
        "body": "json",
    }
    assert call().status_code == 502
    control("POST", "/faults", {"vendor": "datagokr", "kind": "empty"})
    assert control("DELETE", "/faults", vendor="datagokr").json()["datagokr"] == []
    assert call().json()["header"]["resultCode"] == "00"


def test_control_tells_the_state(control, standins, call):
    call()
    state = control("GET", "/").json()
    assert state["datagokr"]["url"] == standins.url("datagokr")
    assert state["datagokr"]["calls"] == {"getDrbEasyDrugList": 1}
    assert {"rate_limit", "latency"} <= state["openai"]["fault_kinds"].keys()
    assert control("GET", "/calls").json()["datagokr"] == {"getDrbEasyDrugList": 1}
    assert control("DELETE", "/calls").json()["datagokr"] == {}


def test_control_changes_settings(control, standins):
    settings = control("POST", "/settings", {"permit_detail_seconds": 2.5, "daily_quota": 5}).json()
    assert (settings["datagokr"]["permit_detail_seconds"], settings["datagokr"]["daily_quota"]) == (2.5, 5)
    standins.reset()
    assert control("GET", "/settings").json()["datagokr"]["permit_detail_seconds"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/faults", {"vendor": "nobody", "kind": "status"}, 400),
        ("POST", "/faults", {"vendor": "datagokr", "kind": "nonsense"}, 400),
        ("POST", "/faults", ["datagokr"], 400),
        ("POST", "/faults", None, 400),
        ("POST", "/settings", {"nonsense": 1}, 400),
        ("POST", "/settings", {"daily_quota": "many"}, 400),
        ("DELETE", "/faults?vendor=nobody", None, 400),
        ("GET", "/nowhere", None, 404),
    ],
)
def test_control_refuses_what_it_does_not_know(control, method, path, body, status):
    reply = control(method, path, body)
    assert reply.status_code == status
    assert reply.json()["error"]
