"""Every shape of answer that data.go.kr has been seen to give, and the day's budget."""

import logging

import pytest

from core import breaker, datagokr, datagokr_budget, metrics, stores
from core.datagokr import BadCall, KeyRefused, Operation, QuotaExceeded, TooFast, fetch, parse
from core.errors import (
    BreakerOpen,
    BudgetExhausted,
    VendorBadReply,
    VendorError,
    VendorRefused,
    VendorTimeout,
    VendorUnreachable,
)
from sandbox.standins import Standins

EASY = Operation("/1471000/DrbEasyDrugInfoService/getDrbEasyDrugList", {"type": "json"})
PAGE = {"pageNo": 1, "numOfRows": 3}
OK = '{"header":{"resultCode":"00","resultMsg":"NORMAL SERVICE."},"body":'


def gateway(code, name="SERVICE ERROR"):
    return (
        f"<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>{name}</errMsg><returnAuthMsg>{name}</returnAuthMsg>"
        f"<returnReasonCode>{code}</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )


@pytest.mark.parametrize(
    ("body", "total", "rows"),
    [
        (OK + '{"pageNo":1,"totalCount":0,"numOfRows":3}}', 0, []),
        (OK + '{"pageNo":1,"totalCount":1,"items":[{"a":null}]}}', 1, [{"a": None}]),
        (OK + '{"totalCount":"2","items":[{"item":{"a":1}},{"item":{"a":2}}]}}', 2, [{"a": 1}, {"a": 2}]),
        (OK + '{"totalCount":1,"items":{"item":{"a":1}}}}', 1, [{"a": 1}]),
        (OK + '{"totalCount":2,"items":{"item":[{"a":1},{"a":2}]}}}', 2, [{"a": 1}, {"a": 2}]),
        (OK + '{"totalCount":1,"items":{"a":1}}}', 1, [{"a": 1}]),
        (OK + '{"totalCount":0,"items":""}}', 0, []),
        (OK + '{"totalCount":0,"items":{}}}', 0, []),
        ('{"response":' + OK + '{"totalCount":1,"items":{"item":{"a":1}}}}}', 1, [{"a": 1}]),
        ('{"header":{"resultCode":"03","resultMsg":"NODATA_ERROR"}}', 0, []),
    ],
)
def test_shapes_of_rows(body, total, rows):
    page = parse(body.encode())
    assert (page.total, page.rows) == (total, rows)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        *((gateway(code), KeyRefused) for code in (20, 21, 29, 30, 31, 32, 33)),
        *((gateway(f"{code:02}"), VendorUnreachable) for code in (1, 2, 4, 5, 99)),
        *((gateway(code), BadCall) for code in (10, 11, 12)),
        (gateway(22), QuotaExceeded),
        (gateway(23), TooFast),
        (gateway("가나"), VendorUnreachable),
        ('{"OpenAPI_ServiceResponse":{"cmmMsgHeader":{"returnReasonCode":"22"}}}', QuotaExceeded),
        ('{"cmmMsgHeader":{"returnReasonCode":30}}', KeyRefused),
        ('{"result":{"resultCode":"11","resultMsg":"NO_MANDATORY"}}', BadCall),
        ('{"header":{"resultCode":"10","resultMsg":"numOfRows 최대값은 =[500]입니다"}}', BadCall),
        ("<response><header><resultCode>99</resultCode></header></response>", VendorUnreachable),
        ("<response><header><resultCode>00</resultCode></header></response>", VendorBadReply),
        ("<!DOCTYPE html><html><body>Request Blocked</body></html>", VendorBadReply),
        ("<html><br></html>", VendorBadReply),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', VendorBadReply),
        ("Unauthorized", KeyRefused),
        ("Forbidden", KeyRefused),
        ("API not found", BadCall),
        ("API token quota exceeded", QuotaExceeded),
        ("API rate limit exceeded", TooFast),
        ("Error forwarding request to backend server", VendorUnreachable),
        ("Error receiving response from backend server", VendorUnreachable),
        ("Unexpected errors", VendorUnreachable),
        ("Request Blocked", VendorBadReply),
        ("", VendorBadReply),
        ("{}", VendorBadReply),
        ("[]", VendorBadReply),
        ("null", VendorBadReply),
        ("42", VendorBadReply),
        ('{"header":', VendorBadReply),
        ("[" * 100_000, VendorBadReply),
        (OK + "null}", VendorBadReply),
        (OK + '{"totalCount":true,"items":[]}}', VendorBadReply),
        (OK + '{"totalCount":"-1"}}', VendorBadReply),
    ],
)
def test_answers_that_are_no_data(body, error):
    with pytest.raises(VendorError) as caught:
        parse(body.encode())
    assert type(caught.value) is error


@pytest.mark.parametrize(("status", "error"), [(429, TooFast), (500, VendorUnreachable), (404, VendorBadReply)])
def test_an_unknown_text_is_judged_by_its_status(status, error):
    with pytest.raises(error):
        parse(b"something new", status)


def test_bytes_that_are_no_text():
    with pytest.raises(VendorBadReply):
        parse(b'\x00\xff\xfe{"header":{"resultCode":"00","res\x80\x81')
    with pytest.raises(VendorBadReply):
        parse(b'{"header":"\xff"}')


@pytest.fixture(scope="module")
def running():
    with Standins(detail_seconds=0) as standins:
        yield standins


@pytest.fixture
def vendor(running, settings):
    settings.DATA_GO_KR_BASE_URL = running.url("datagokr")
    settings.DATA_GO_KR_SERVICE_KEY = "sandbox-key"
    yield running
    running.reset()


def test_a_page_of_rows(vendor):
    page = fetch(EASY, PAGE)
    assert page.number == 1
    assert page.total >= 150
    assert len(page.rows) == 3


@pytest.mark.parametrize("key", ["c2FuZGJveC1rZXk+Lw==", "c2FuZGJveC1rZXk%2BLw%3D%3D", " sandbox-key "])
def test_both_forms_of_the_key_reach_the_vendor_as_one(vendor, settings, key):
    settings.DATA_GO_KR_SERVICE_KEY = key
    assert fetch(EASY, PAGE).rows


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_bad_key_is_an_operators_matter(vendor, settings, key):
    settings.DATA_GO_KR_SERVICE_KEY = key
    with pytest.raises(KeyRefused):
        fetch(EASY, PAGE)
    assert breaker.state(datagokr.VENDOR) == "closed"


def test_more_rows_than_the_cap_is_our_mistake(vendor):
    with pytest.raises(BadCall, match="code 10"):
        fetch(EASY, {"pageNo": 1, "numOfRows": 501})


@pytest.mark.parametrize(
    ("fault", "options", "error"),
    [
        ("key", {"http": 200}, KeyRefused),
        ("key", {}, KeyRefused),
        ("gateway_xml", {"code": 1}, VendorUnreachable),
        ("no_items_with_total", {}, VendorBadReply),
        ("status", {"code": 500}, VendorBadReply),
        ("status", {"code": 503, "body": "plain"}, VendorUnreachable),
        ("html", {}, VendorBadReply),
        ("plain", {"code": 401}, KeyRefused),
        ("plain", {"code": 404}, BadCall),
        ("plain", {"code": 429}, QuotaExceeded),
        ("plain", {"code": 500}, VendorUnreachable),
        ("empty", {}, VendorBadReply),
        *(("garbage", {"shape": shape}, VendorBadReply) for shape in ("bytes", "json", "list", "null", "number")),
        ("truncated", {}, VendorBadReply),
        ("reset", {}, VendorUnreachable),
        ("refused", {}, VendorUnreachable),
        ("oversize", {"megabytes": 21}, VendorBadReply),
    ],
)
def test_every_fault_has_its_class(vendor, fault, options, error):
    vendor.set_fault("datagokr", fault, **options)
    with pytest.raises(error):
        fetch(EASY, PAGE)


def test_our_own_deadline_does_not_open_the_breaker(vendor):
    vendor.set_fault("datagokr", "latency", seconds=5)
    for _ in range(6):
        with pytest.raises(VendorTimeout):
            fetch(EASY, PAGE, deadline=0.1)
    assert breaker.state(datagokr.VENDOR) == "closed"


def test_five_failures_open_the_breaker_and_what_did_not_go_out_is_not_counted(vendor, settings):
    vendor.set_fault("datagokr", "garbage")
    for _ in range(5):
        with pytest.raises(VendorBadReply):
            fetch(EASY, PAGE)
    left = datagokr_budget.left(EASY.name)
    with pytest.raises(BreakerOpen):
        fetch(EASY, PAGE)
    assert datagokr_budget.left(EASY.name) == left == settings.DATA_GO_KR_DAILY_BUDGET - 5
    assert vendor.calls("datagokr")[EASY.name] == 5


def test_a_spent_quota_stops_all_calls_of_the_day(vendor):
    vendor.set_fault("datagokr", "quota", times=1)
    with pytest.raises(QuotaExceeded):
        fetch(EASY, PAGE)
    with pytest.raises(BudgetExhausted):
        fetch(EASY, PAGE)
    assert vendor.calls("datagokr")[EASY.name] == 1
    other = Operation("/1471000/DrugPrdtPrmsnInfoService07/getDrugPrdtPrmsnInq07", {"type": "json"})
    assert fetch(other, PAGE).rows


def test_people_leave_the_last_calls_to_the_mirror(vendor, settings):
    settings.DATA_GO_KR_DAILY_BUDGET = 5
    for _ in range(4):
        fetch(EASY, PAGE, purpose="interactive")
    with pytest.raises(BudgetExhausted):
        fetch(EASY, PAGE, purpose="interactive")
    assert fetch(EASY, PAGE).rows
    with pytest.raises(BudgetExhausted):
        fetch(EASY, PAGE)
    assert vendor.calls("datagokr")[EASY.name] == 5


def test_after_too_many_a_second_people_are_told_and_the_mirror_waits(vendor):
    vendor.set_fault("datagokr", "quota", code=23, times=1)
    with pytest.raises(TooFast):
        fetch(EASY, PAGE, purpose="interactive")
    with pytest.raises(TooFast):
        fetch(EASY, PAGE, purpose="interactive")
    assert vendor.calls("datagokr")[EASY.name] == 1
    assert fetch(EASY, PAGE).rows
    assert breaker.state(datagokr.VENDOR) == "closed"


def test_without_the_broker_calls_go_out_uncounted(vendor, settings):
    settings.CELERY_BROKER_REDIS_URL = "redis://127.0.0.1:1/0"
    stores.broker.reset()
    breaker.forget()
    assert fetch(EASY, PAGE).rows


@pytest.mark.parametrize("fault", ["key", "garbage", "refused", "truncated", "status"])
def test_the_key_reaches_neither_errors_nor_logs(vendor, caplog, settings, fault):
    settings.DATA_GO_KR_SERVICE_KEY = "c2FuZGJveC1rZXk+Lw=="
    vendor.set_fault("datagokr", fault)
    with caplog.at_level(logging.DEBUG, logger="core"), pytest.raises(VendorError) as caught:
        fetch(EASY, {**PAGE, "itemName": "비밀검색어"})
    told = f"{caught.value!r} {caught.value} {caplog.text} {caught.value.__cause__!r} {caught.value.__context__!r}"
    for secret in ("c2FuZGJveC", "serviceKey", "비밀검색어", "%EB%B9%84"):
        assert secret not in told


def counted(outcome):
    return metrics.external_calls.labels("datagokr", outcome)._value.get()


@pytest.mark.parametrize(("fault", "http"), [("key", 200), ("key", 403), ("quota", 200)])
def test_what_alerts_look_for_is_counted(vendor, fault, http):
    before = counted(fault)
    vendor.set_fault("datagokr", fault, http=http)
    with pytest.raises(VendorRefused):
        fetch(EASY, PAGE)
    assert counted(fault) == before + 1


def test_no_key_of_ours_is_nothing_to_wake_somebody_for(vendor, settings):
    settings.DATA_GO_KR_SERVICE_KEY = ""
    before = counted("key")
    with pytest.raises(KeyRefused):
        fetch(EASY, PAGE)
    assert counted("key") == before


XML_PAGE = (
    b'<?xml version="1.0"?><response><header><resultCode>00</resultCode></header><body><items>'
    b"<item><a>1</a><b/></item><item><a>2</a></item></items><pageNo>1</pageNo><totalCount>2</totalCount></body></response>"
)


def test_a_service_that_speaks_xml():
    page = datagokr.parse(XML_PAGE, speaks="xml")
    assert (page.number, page.total, page.rows) == (1, 2, [{"a": "1", "b": ""}, {"a": "2"}])
    empty = XML_PAGE.replace(XML_PAGE[XML_PAGE.index(b"<items>") : XML_PAGE.index(b"<pageNo>")], b"<items/>")
    assert datagokr.parse(empty, speaks="xml").rows == []
    with pytest.raises(VendorBadReply):
        datagokr.parse(XML_PAGE)
    with pytest.raises(VendorBadReply):
        datagokr.parse(XML_PAGE.replace(b"<totalCount>2</totalCount>", b""), speaks="xml")
