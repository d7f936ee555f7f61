import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicines.search.keys import from_keys, to_keys, to_strokes
from medicines.search.normalise import (
    brand_of,
    normalise,
    number_words,
    open_prefix,
    parse_name,
    split_strength,
    strengths,
)


@pytest.mark.parametrize(
    "typed",
    [
        "타이레놀정500밀리그람",
        "타이레놀정500밀리그램(아세트아미노펜)",
        "타이레놀정 500mg",
        "타이레놀정500MG",
        "타이레놀 정 ５００ 미리",
        "타이레놀®정 500 ㎎",
        unicodedata.normalize("NFD", "타이레놀정500밀리그람"),
        "타이레놀정\u200b500mg\n",
        "타이레놀정500밀리그람(아세트",
    ],
)
def test_spellings_meet(typed):
    assert normalise(typed) == "타이레놀정500mg"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("이가탄에프캅셀", "이가탄에프캡슐"),
        ("뉴로메틴캅셀500마이크로그람", "뉴로메틴캡슐500mcg"),
        ("0.45%엔에이시엘.케이20주", "0.45엔에이시엘케이20주"),
        ("글루파정1,000㎎", "글루파정1000mg"),
        ("유나잘탄정5/160밀리그램", "유나잘탄정5/160mg"),
        ("(주)미성종합가스의료용산소", "주미성종합가스의료용산소"),
        ("β-카로틴", "베타카로틴"),
        ("ﾀｲﾚﾉｰﾙ", ""),
        ("ﾡ", "ㄱ"),
        ("\u1100", "ㄱ"),
        ("%_\\'\"", ""),
        ("👍💊", ""),
    ],
)
def test_the_one_spelling(typed, expected):
    assert normalise(typed) == expected


@given(st.text(max_size=60))
def test_normalising_is_stable_and_safe(text):
    once = normalise(text)
    assert normalise(once) == once
    assert all(char.isalnum() or char in "./" for char in once)
    assert to_keys(once).isascii()


@given(st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), max_size=20))
def test_decomposed_text_is_the_same(text):
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(text)


NAMES = [
    "타이레놀정500밀리그람(아세트아미노펜)",
    "네오고비온캅셀(수출용)",
    "1.셀레나제100마이크로그램퍼오랄액(아셀렌산나트륨)2.셀레나제티퍼오랄액",
    "나로핀주사 2밀리그램/밀리리터",
    "크로아난정625㎎[아목시실린.클라불란산칼륨(4:1)]",
    "0.9%엔에이시엘.케이40주",
]


@pytest.mark.parametrize("name", NAMES)
def test_every_half_typed_state_opens_to_a_prefix(name):
    """Key by key through the raw name: the normalised state, or its open prefix, begins the normalised name."""
    keys = to_keys(normalise(name))
    for end in range(1, len(name) + 1):
        strokes = to_strokes(name[end - 1])
        for pressed in range(1, len(strokes) + 1):
            typed = to_keys(normalise(name[: end - 1] + from_keys(strokes[:pressed])))
            assert keys.startswith(typed) or keys.startswith(open_prefix(typed))


@pytest.mark.parametrize(
    ("name", "brand"),
    [
        ("타이레놀정500밀리그람(아세트아미노펜)", "타이레놀"),
        ("판콜에스내복액", "판콜에스"),
        ("이지엔6이브연질캡슐", "이지엔6이브"),
        ("쓸기담50밀리그람연질캅셀", "쓸기담"),
        ("오페릴50서방정(오르페나드린)", "오페릴"),
        ("유나잘탄정5/160밀리그램", "유나잘탄"),
        ("노산정", "노산"),
        ("산", "산"),
    ],
)
def test_brands(name, brand):
    assert parse_name(name).brand == brand


def test_a_name_taken_apart():
    name = parse_name("게보린정(수출명:돌로린정, Dolorin Tab.)(아세트아미노펜)")
    assert (name.core, name.brand, name.aliases) == ("게보린정", "게보린", ("돌로린정", "dolorintab"))
    assert name.notes == ("아세트아미노펜",)
    assert not name.export_only
    assert parse_name("네오고비온캅셀(베트남수출용)").export_only


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("타이레놀정500mg", {"500", "500mg"}),
        ("유나잘탄정5/160mg", {"5/160", "5/160mg", "5", "5mg", "160", "160mg"}),
        ("세포탁심주1g", {"1", "1g", "1000", "1000mg"}),
        ("타이레놀8시간이알서방정", set()),
        ("판콜에스내복액", set()),
    ],
)
def test_dosages(text, expected):
    assert set(strengths(text)) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("타이레놀500", ("타이레놀", "500")),
        ("타이레놀정500mg", ("타이레놀정", "500mg")),
        ("이지엔6이브", ("이지엔6이브", "")),
        ("500", ("500", "")),
    ],
)
def test_the_dosage_of_a_query(text, parts):
    assert split_strength(text) == parts


def test_number_words():
    assert number_words("이지엔식스이브") == "이지엔6이브"
    assert number_words("타이레놀") == "타이레놀"
    assert brand_of("라식스정") == "라식스"
