"""Cleaning at the door, and permit documents as sections."""

from datetime import date
from decimal import Decimal

import pytest

from medicines.ingredients_in_text import ingredient_names
from medicines.labels import clean_name, clean_text, milligrams, parse_date
from medicines.permit_documents import BadDocumentError, document_sections, table_lines
from medicines.tests.factories import document, easy_row, ingredient_row
from medicines.wire import EasyItem, IngredientItem


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (None, ""),
        ("먹지\xa0 마십시오.\n\n\n상의하십시오.\n", "먹지 마십시오.\n상의하십시오."),
        ("<p>하나</p><p class='a'>둘</p>셋<br/>넷", "하나\n둘\n셋\n넷"),
        ("&gamma;-글로불린 &#39;가&#39; &amp; &lt;나&gt;", "γ-글로불린 '가' & <나>"),
        ("<포비돈요오드>는 <b>요오드</b>", "<포비돈요오드>는 요오드"),
        ("CO<sub>2</sub> 3 < 5", "CO2 3 < 5"),
        ("널\x00 문자, \ud800 반쪽, 폭\u200b없는\ufeff 칸", "널 문자, 반쪽, 폭없는 칸"),
        ("가\r\n나\t다\u3000라", "가\n나 다 라"),
        ("\u1112\u1161\u11ab", "한"),
        ("먹지 마십시오.이 약을", "먹지 마십시오.이 약을"),
    ],
)
def test_clean_text(raw, cleaned):
    assert clean_text(raw) == cleaned


@pytest.mark.timeout(20)
@pytest.mark.parametrize("opening", ["<p", "<span", "<br/", "<", "</td"])
def test_a_tag_that_never_closes_takes_no_time(opening):
    assert clean_text(opening + " " * 200_000) == opening
    assert clean_text(f"{opening}{' ' * 200_000}<b>가</b>") == f"{opening} 가"


def test_a_name_is_one_line():
    assert clean_name("1.가나정\n\n2.다라정 ") == "1.가나정 2.다라정"


@pytest.mark.parametrize("text", ["20240509", "2024-05-09", "2024-05-09 00:00:00", " 20240509 "])
def test_all_date_forms(text):
    assert parse_date(text) == date(2024, 5, 9)


@pytest.mark.parametrize("text", ["2024-0509", "20241301", "어제", "2024"])
def test_no_date(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the platform's
        parse_date(text)


def test_no_date_at_all_is_none():
    assert parse_date(None) is parse_date(" ") is None


def test_hashes_tell_sections_apart_and_spaces_do_not_count_as_text():
    first = EasyItem.model_validate(easy_row()).made().label
    spaced = EasyItem.model_validate(easy_row(efcyQesitm="이 약은\xa0두통에 사용합니다.")).made().label
    other = EasyItem.model_validate(easy_row(efcyQesitm="이 약은 치통에 사용합니다.")).made().label
    assert first.source_hash() == spaced.source_hash() != other.source_hash()
    assert first.hashes()["originals"] != spaced.hashes()["originals"]
    changed = {name for name, value in other.hashes().items() if first.hashes()[name] != value}
    assert changed == {"efficacy", "originals"}


def test_articles_go_to_their_sections_with_their_titles():
    precautions = document(
        "NB",
        {
            "1. 경고": ["간손상"],
            "2. 다음 환자에는 투여하지 말 것": ["과민증"],
            "3. 다음 환자에는 신중히 투여할 것": ["간장애"],
            "4. 이상반응": ["발진"],
            "5. 상호작용": ["와파린"],
            "6. 이 약을 복용하는 동안 다음의 약을 복용하지 말 것": ["감기약"],
            "7. 임부 및 수유부에 대한 투여": ["상의"],
            "8. 보관 및 취급상의 주의사항": ["냉장"],
            "9. 다음과 같은 경우 복용을 즉각 중지하고 상의할 것": ["쇽"],
        },
    )
    sections = document_sections(document("EE", {"": ["두통"]}), document("UD", {"": ["1일 3회"]}), precautions)
    assert sections == {
        "efficacy": "두통",
        "usage": "1일 3회",
        "warning": "1. 경고\n간손상",
        "precaution": "2. 다음 환자에는 투여하지 말 것\n과민증\n3. 다음 환자에는 신중히 투여할 것\n간장애\n"
        "7. 임부 및 수유부에 대한 투여\n상의",
        "side_effect": "4. 이상반응\n발진\n9. 다음과 같은 경우 복용을 즉각 중지하고 상의할 것\n쇽",
        "interaction": "5. 상호작용\n와파린\n6. 이 약을 복용하는 동안 다음의 약을 복용하지 말 것\n감기약",
        "storage": "8. 보관 및 취급상의 주의사항\n냉장",
    }


def test_headings_inside_an_untitled_article():
    old = document("NB", {"": ["1. 경고", "간손상이 있다.", "2. 이상반응", "1) 발진", "3. 드물게 나타난다."]})
    assert document_sections("", "", old) == {
        "warning": "1. 경고\n간손상이 있다.",
        "side_effect": "2. 이상반응\n1) 발진\n3. 드물게 나타난다.",
    }


def test_a_table_becomes_rows_and_a_spanning_cell_is_repeated():
    markup = (
        "<tbody><tr><td colspan='2'><p>연령</p></td><td>용량</td></tr>"
        "<tr><td rowspan='2'>소아</td><td>7&nbsp;~ 8세</td><td>2포</td></tr><tr><td>9세</td><td>3포</td></tr></tbody>"
    )
    assert table_lines(markup) == ["연령 | 용량", "소아 | 7 ~ 8세 | 2포", "소아 | 9세 | 3포"]


@pytest.mark.parametrize(
    "markup", ["<td>", "<tr><td rowspan='x'>가<tr>", "</td></tr>", "<table><tr><td colspan=9999999>가"]
)
def test_broken_tables_do_no_harm(markup):
    assert all(line == "가" for line in table_lines(markup))


def test_html_entities_and_bare_ampersands_are_no_error():
    odd = (
        '<DOC><ARTICLE title="A &amp; B&nbsp;& C"><PARAGRAPH><![CDATA[&beta;차단제 & 나]]></PARAGRAPH></ARTICLE></DOC>'
    )
    assert document_sections(odd, "", "")["efficacy"] == "A & B & C\nβ차단제 & 나"


@pytest.mark.parametrize(
    "bad",
    [
        "<DOC><SECTION>",
        "효능",
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><DOC><ARTICLE title="&z;"/></DOC>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><DOC>&x;</DOC>',
        "<DOC>" + "가" * 4_000_000 + "</DOC>",
    ],
)
def test_a_bad_document_is_refused_by_name(bad):
    with pytest.raises(BadDocumentError, match=r"^NB: "):
        document_sections("", "", bad)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("아세트아미노펜/카페인무수물", ("아세트아미노펜", "카페인무수물")),
        ("아세트아미노펜,카페인무수물", ("아세트아미노펜", "카페인무수물")),
        ("진피, 후박/육계", ("진피, 후박", "육계")),
        ("메틸-N,S-디아세틸시스테인", ("메틸-N,S-디아세틸시스테인",)),
        ("비타민A(유상형, 합성),산화아연", ("비타민A(유상형, 합성)", "산화아연")),
        ("//////", ()),
        ("", ()),
    ],
)
def test_ingredient_names(cell, names):
    assert ingredient_names(cell) == names


@pytest.mark.parametrize("odd", ["<![뜻모를[ x", "<![ x", "<!x", "<![if x]>"])
def test_a_table_with_an_odd_declaration_keeps_its_rows(odd):
    found = table_lines(f"<table><tr><td>성인</td><td>{odd}</td></tr><tr><td>소아</td><td>반 정</td></tr></table>")
    assert "성인" in found[0]
    assert any("소아" in line and "반 정" in line for line in found)


@pytest.mark.parametrize(
    ("quantity", "unit", "mg"),
    [
        ("500", "밀리그램", "500"),
        ("1,000", "mg", "1000"),
        ("0.5", "그램", "500"),
        ("25", "마이크로그램", "0.025"),
        ("", "", None),
        ("500", "밀리리터", None),
        ("적당량", "밀리그램", None),
        ("0", "밀리그램", None),
        ("-5", "밀리그램", None),
        ("1e9", "그램", None),
        ("9999999", "그램", None),
        ("500", "", None),
    ],
)
def test_an_amount_is_a_mass_or_nothing(quantity, unit, mg):
    assert milligrams(quantity, unit) == (mg and Decimal(mg))


def test_an_ingredient_row_brings_its_amount():
    row = ingredient_row("200000001", 1, "아세트아미노펜", QNT="300", INGD_UNIT_CD="밀리그램")
    assert IngredientItem.model_validate(row).made().amount_mg == 300
    assert IngredientItem.model_validate(ingredient_row("200000001", 1, "가나민")).made().amount_mg is None
