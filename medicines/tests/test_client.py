"""The medicine services over real HTTP: what is asked, what comes back, what is not believed."""

import pytest

from core import datagokr_budget
from core.errors import BudgetExhausted, VendorBadReply
from medicines import client
from medicines.records import Record, Refusal
from medicines.tests.factories import detail_row, permit_row

TYLENOL, BRUFEN = "202106092", "197700120"


def _asked(sources):
    return [dict(request.params) for request in sources.last_requests("datagokr")]


def test_a_page_of_easydrug(sources):
    page = client.easy_page(1, 20)
    assert page.total >= 150
    assert len(page.batch.rows) == 20
    assert page.batch.refusals == []
    first = page.batch.rows[0]
    assert first.source == "easy"
    assert first.label.sections["efficacy"]
    assert first.label.originals.keys() == set(client.EasyItem.SECTION_FIELDS.values())


def test_a_page_of_the_permit_list(sources):
    page = client.permit_page(2, 20)
    assert len(page.batch.rows) == 20
    assert {row.source for row in page.batch.rows} == {"permit"}
    assert any(row.facts.ingredients_en for row in page.batch.rows)
    assert all(row.label is None for row in page.batch.rows)


def test_a_page_of_ingredients(sources):
    page = client.ingredients_page(1, 20)
    assert len(page.batch.rows) == 20
    assert all(row.name and row.item_seq for row in page.batch.rows)


def test_a_page_past_the_end_is_empty(sources):
    page = client.easy_page(999)
    assert page.batch.rows == []
    assert page.total >= 150


def test_by_name_finds_substrings(sources):
    names = [row.facts.name for row in client.easy_by_name("타이레놀", 3).rows]
    assert len(names) >= 2
    assert all("타이레놀" in name for name in names)
    assert [row.facts.name for row in client.permit_by_name("부루펜", 3).rows]


def test_by_name_of_nothing(sources):
    assert client.easy_by_name("없는약이름입니다", 3).rows == []


def test_a_name_is_cut_at_the_first_percent_and_the_answer_filtered(sources):
    found = client.easy_by_name("타이레놀%없는꼬리", 3)
    assert found.rows == []
    assert _asked(sources)[-1]["itemName"] == "타이레놀"


@pytest.mark.parametrize("name", ["%", "%타이레놀", "  ", ""])
def test_a_name_that_is_cut_to_nothing_is_not_asked(sources, name):
    assert client.easy_by_name(name, 3).read == 0
    assert sources.calls("datagokr").total() == 0


def test_by_seq_compares_what_came_back(sources):
    assert client.easy_by_seq(TYLENOL, 3).item_seq == TYLENOL
    assert client.easy_by_seq("999999999", 3) is None
    sources.set_fault("datagokr", "wrong_item")
    assert client.easy_by_seq("999999999", 3) is None
    assert client.permit_detail("999999999") is None


def test_a_permit_detail_has_its_label(sources):
    detail = client.permit_detail(BRUFEN)
    assert isinstance(detail, Record)
    assert detail.facts.ingredients == ("이부프로펜",)
    assert detail.label.source == "permit"
    assert {"efficacy", "usage", "warning", "precaution", "interaction", "storage"} <= detail.label.sections.keys()
    assert detail.label.sections["storage"].startswith(detail.label.originals["STORAGE_METHOD"])
    assert detail.label.originals["NB_DOC_DATA"].startswith("<DOC")


def test_a_detail_without_documents_has_no_label(serve):
    serve(permit=[permit_row()])
    assert client.permit_detail("200000001").label is None


def test_an_unreadable_document_is_a_refusal(serve):
    serve(permit=[permit_row()], permit_detail=[detail_row(NB_DOC_DATA="<DOC>")])
    refusal = client.permit_detail("200000001")
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("NB: ")


def test_ingredients_of_one_product(sources):
    found = client.ingredients_of("195700020", "활명수", 3)
    assert len(found) == 11
    assert {row.item_seq for row in found} == {"195700020"}


def test_a_page_that_is_another_page_is_not_believed(sources):
    sources.set_fault(
        "datagokr", "garbage", shape='{"header":{"resultCode":"00"},"body":{"pageNo":1,"totalCount":900}}'
    )
    with pytest.raises(VendorBadReply, match="page 1 instead of 2"):
        client.easy_page(2)


def test_rows_that_do_not_fit_are_refused_and_the_others_taken(sources):
    sources.set_fault(
        "datagokr",
        "garbage",
        shape='{"header":{"resultCode":"00"},"body":{"pageNo":1,"totalCount":5,"items":['
        '{"ITEM_SEQ":"200000001","ITEM_NAME":"가나정","ENTP_NAME":"예시"},{"ITEM_SEQ":null,"ITEM_NAME":"번호없는정",'
        '"ENTP_NAME":""},{"ITEM_SEQ":"200000002","ITEM_NAME":["x"],"ENTP_NAME":"예시"},"문자열",'
        '{"ITEM_SEQ":"200000003","ITEM_NAME":"다라정","ENTP_NAME":"예시","ITEM_PERMIT_DATE":"20209999"}]}}',
    )
    batch = client.permit_page(1).batch
    assert [row.item_seq for row in batch.rows] == ["200000001"]
    assert (batch.read, batch.skipped) == (5, 1)
    assert [refusal.where for refusal in batch.refusals] == ["page 1 row 3", "page 1 row 4", "page 1 row 5"]
    assert "ITEM_NAME: " in batch.refusals[0].reason


def test_people_and_the_mirror_have_different_budgets(sources, settings):
    settings.DATA_GO_KR_DAILY_BUDGET = 5
    for _ in range(4):
        client.easy_by_name("타이레놀", 3)
    with pytest.raises(BudgetExhausted):
        client.easy_by_name("타이레놀", 3)
    assert client.easy_page(1).batch.rows
    assert datagokr_budget.left(client.EASY.name) == 0
