"""Splitting labels into sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summaries.sentences import source_sentences, split

CASES = [
    ("복용하지 마십시오.이 약을 드십시오.", ["복용하지 마십시오.", "이 약을 드십시오."]),
    ("투여하세요. 1일 3회 먹습니다.2주 뒤 봅니다.", ["투여하세요.", "1일 3회 먹습니다.", "2주 뒤 봅니다."]),
    ("1.5 g을 37.5℃에서 씁니다.", ["1.5 g을 37.5℃에서 씁니다."]),
    ("남은 액(다시 쓰지 않습니다. 버립니다.)을 버립니다.", ["남은 액(다시 쓰지 않습니다. 버립니다.)을 버립니다."]),
    ("버리십시오.(1회용에 한함) 다음에 씁니다.", ["버리십시오.(1회용에 한함)", "다음에 씁니다."]),
    ("영.유아와 급.만성 환자는 상의하십시오.", ["영.유아와 급.만성 환자는 상의하십시오."]),
    (
        "청소율(60 미만인 사람은 먹지 마십시오.다음 문장입니다.",
        ["청소율(60 미만인 사람은 먹지 마십시오.", "다음 문장입니다."],
    ),
    ("첫째 줄\n둘째 줄", ["첫째 줄", "둘째 줄"]),
    ("다음 환자: 1) 간염 환자 2) 천식 환자", ["다음 환자:", "1) 간염 환자", "2) 천식 환자"]),
    ("○ 가려움 ○ 발진", ["○ 가려움", "○ 발진"]),
    ("만 7세~8세 | 320mg | 2포\n만 9세~10세 | 400mg | 2포", ["만 7세~8세 | 320mg | 2포", "만 9세~10세 | 400mg | 2포"]),
    ("투여하지 말 것. 상의할 것.", ["투여하지 말 것.", "상의할 것."]),
    ("", []),
    ("   \n \n", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_split(text, expected):
    assert split(text) == expected


@given(st.text(alphabet="가다요오. \n()1)○,환자.", max_size=60))
def test_no_character_is_lost(text):
    assert "".join("".join(split(text)).split()) == "".join(text.split())


def test_ids_are_section_and_place_and_the_hash_is_of_the_text():
    first = source_sentences({"usage": "먹습니다.씹습니다.", "efficacy": "기침에 씁니다."})
    moved = source_sentences({"usage": "씹습니다."})
    assert [s.id for s in first] == ["efficacy.0", "usage.0", "usage.1"]
    assert first[2].hash == moved[0].hash != first[1].hash


def test_list_items_know_the_headings_they_stand_under():
    text = "1. 다음 환자에는 투여하지 말 것\n1) 간염 환자\n2) 천식 환자\n2. 다음 환자에는 신중히 투여할 것\n1) 고령자"
    sentences = source_sentences({"precaution": text})
    assert [s.headings for s in sentences] == [(), (0,), (0,), (), (3,)]
