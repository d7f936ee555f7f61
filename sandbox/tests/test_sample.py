"""The sample catalogue keeps the vendors' wire shapes and the cases that other tests rely on."""

import json
from collections import Counter
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

SAMPLE = Path(__file__).resolve().parent.parent / "sample"
ONE_ROW_PER_PRODUCT = ("easydrug", "permit", "permit_detail")

KEYS = {
    "easydrug": (
        "entpName itemName itemSeq efcyQesitm useMethodQesitm atpnWarnQesitm atpnQesitm intrcQesitm seQesitm "
        "depositMethodQesitm openDe updateDe itemImage bizrno"
    ),
    "permit": (
        "ITEM_SEQ ITEM_NAME ITEM_ENG_NAME ENTP_NAME ENTP_ENG_NAME ENTP_SEQ ENTP_NO ITEM_PERMIT_DATE INDUTY "
        "PRDLST_STDR_CODE SPCLTY_PBLC PRDUCT_TYPE PRDUCT_PRMISN_NO ITEM_INGR_NAME ITEM_INGR_CNT BIG_PRDT_IMG_URL "
        "PERMIT_KIND_CODE CANCEL_DATE CANCEL_NAME EDI_CODE BIZRNO"
    ),
    "permit_detail": (
        "ITEM_SEQ ITEM_NAME ENTP_NAME ITEM_PERMIT_DATE CNSGN_MANUF ETC_OTC_CODE CHART BAR_CODE MATERIAL_NAME "
        "EE_DOC_ID UD_DOC_ID NB_DOC_ID INSERT_FILE STORAGE_METHOD VALID_TERM REEXAM_TARGET REEXAM_DATE PACK_UNIT "
        "EDI_CODE PERMIT_KIND_NAME ENTP_NO MAKE_MATERIAL_FLAG NEWDRUG_CLASS_NAME INDUTY_TYPE CANCEL_DATE CANCEL_NAME "
        "CHANGE_DATE NARCOTIC_KIND_CODE GBN_NAME TOTAL_CONTENT EE_DOC_DATA UD_DOC_DATA NB_DOC_DATA PN_DOC_DATA "
        "MAIN_ITEM_INGR INGR_NAME ATC_CODE ITEM_ENG_NAME ENTP_ENG_NAME MAIN_INGR_ENG BIZRNO RARE_DRUG_YN"
    ),
    "ingredients": "ENTRPS PRDUCT ITEM_SEQ MTRAL_SN MTRAL_CODE MTRAL_NM QNT INGD_UNIT_CD MAIN_INGR_ENG",
}


def read(name: str) -> list[dict[str, str | None]]:
    with (SAMPLE / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def seq_of(row: dict[str, str | None]) -> str:
    return row.get("itemSeq") or row["ITEM_SEQ"] or ""


@pytest.mark.parametrize("name", KEYS)
def test_rows_have_the_wire_keys_in_order_and_string_values(name):
    for row in read(name):
        assert " ".join(row) == KEYS[name]
        assert all(value is None or isinstance(value, str) for value in row.values())


@pytest.mark.parametrize("name", ONE_ROW_PER_PRODUCT)
def test_item_seq_is_nine_digits_and_unique(name):
    seqs = [seq_of(row) for row in read(name)]
    assert all(len(seq) == 9 and seq.isdecimal() for seq in seqs)
    assert [seq for seq, times in Counter(seqs).items() if times > 1] == []


def test_ingredients_are_numbered_from_one_within_each_product():
    numbers: dict[str, list[str | None]] = {}
    for row in read("ingredients"):
        numbers.setdefault(seq_of(row), []).append(row["MTRAL_SN"])
    for found in numbers.values():
        assert found == [str(n) for n in range(1, len(found) + 1)]


def test_counts():
    permits = read("permit")
    kinds = Counter(row["SPCLTY_PBLC"] for row in permits)
    assert len(read("easydrug")) >= 110
    assert len(permits) >= 180
    assert kinds["전문의약품"] >= 70
    assert sum(row["ETC_OTC_CODE"] == "전문의약품" for row in read("permit_detail")) >= 60


def test_every_label_detail_and_ingredient_belongs_to_a_permit():
    permits = {seq_of(row): row["ITEM_NAME"] for row in read("permit")}
    for name, key in (("easydrug", "itemName"), ("permit_detail", "ITEM_NAME"), ("ingredients", "PRDUCT")):
        for row in read(name):
            assert permits[seq_of(row)] == row[key]


def test_ingredient_count_of_a_permit_is_the_number_of_its_ingredient_rows():
    rows = Counter(seq_of(row) for row in read("ingredients"))
    for permit in read("permit"):
        assert int(permit["ITEM_INGR_CNT"] or 0) == rows[seq_of(permit)]


def test_withdrawn_export_only_and_same_named_products_are_there():
    permits = read("permit")
    companies: dict[str, set[str]] = {}
    for row in permits:
        companies.setdefault(row["ITEM_NAME"] or "", set()).add(f"{row['ENTP_NAME']} {seq_of(row)}")
    assert {"취하", "유효기간만료", "정상", None} <= {row["CANCEL_NAME"] for row in permits}
    assert sum("수출용" in (row["ITEM_NAME"] or "") for row in permits) >= 3
    assert sum(len(found) > 1 for found in companies.values()) >= 3


def document(xml: str | None, kind: str) -> Element:
    root = fromstring(xml or "")
    assert root.tag == "DOC"
    assert root.get("type") == kind
    return root


def test_permit_documents_are_xml_with_text():
    for row in read("permit_detail"):
        for kind in ("EE", "UD", "NB"):
            root = document(row[f"{kind}_DOC_DATA"], kind)
            assert [p.text for p in root.iter("PARAGRAPH") if p.text]


def test_some_documents_hold_tables_and_no_break_spaces():
    texts = [row[f"{kind}_DOC_DATA"] or "" for row in read("permit_detail") for kind in ("EE", "UD", "NB")]
    assert any('tagName="table"' in text and "<tbody>" in text for text in texts)
    assert any("&nbsp;" in text for text in texts)


def test_cautions_are_numbered_without_gaps():
    for row in read("permit_detail"):
        titles = [a.get("title") or "" for a in document(row["NB_DOC_DATA"], "NB").iter("ARTICLE")]
        assert [title.split(".")[0] for title in titles] == [str(n) for n in range(1, len(titles) + 1)]


@pytest.mark.parametrize("quirk", ["\n\n", "\u00a0", "&#39;", "&gamma;", "<p>", "마십시오.이"])
def test_label_texts_keep_the_vendors_quirks(quirk):
    assert any(quirk in (row[key] or "") for row in read("easydrug") for key in row if key.endswith("Qesitm"))


def test_both_date_forms_missing_pictures_and_missing_warnings():
    rows = read("easydrug")
    assert {len(row["openDe"] or "") for row in rows} == {len("20201224"), len("2021-01-29 00:00:00")}
    for key in ("itemImage", "atpnWarnQesitm"):
        missing = sum(row[key] is None for row in rows)
        assert len(rows) * 0.4 <= missing < len(rows)


@pytest.mark.parametrize(
    "symptom",
    [
        *("두통", "생리통", "월경통", "근육통", "속쓰림", "설사", "변비", "소화불량", "콧물", "기침", "가래"),
        *("비염", "알레르기", "무좀", "상처", "치질", "안구건조", "구내염"),
    ],
)
def test_symptoms_are_named_in_efficacy_texts(symptom):
    assert any(symptom in (row["efcyQesitm"] or "") for row in read("easydrug"))
