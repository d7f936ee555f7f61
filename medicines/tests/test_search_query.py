import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidQuery
from medicines.search.ingredients import base_of, bases_of, curated_names, substance_for
from medicines.search.query import parse_query
from medicines.search.symptoms import all_symptoms, emergency_notice, symptom_for, symptoms_in


@pytest.mark.parametrize(
    ("raw", "code"),
    [("", "empty"), ("  \n\t", "empty"), ("\u200b", "empty"), ("가" * 101, "too-long"), ("a\x00b", "characters"),
     ("\ud800", "characters")],
)  # fmt: skip
def test_bad_queries_are_refused_with_their_reason(raw, code):
    with pytest.raises(InvalidQuery) as refusal:
        parse_query(raw)
    assert [error.code for error in refusal.value.errors] == [code]


@given(st.text(min_size=1, max_size=100))
def test_any_text_parses_or_is_refused(raw):
    try:
        query = parse_query(raw)
    except InvalidQuery:
        return
    assert query.keys.isascii()
    assert query.is_empty == (query.text == "")


@pytest.mark.parametrize("raw", ["%", "_", "\\", "'", '"', "👍", "；--", "<>"])
def test_signs_leave_nothing_to_search(raw):
    assert parse_query(raw).is_empty


def test_a_hundred_characters_after_trimming_pass():
    assert parse_query(f"  {'가' * 100}\n").text == "가" * 100


@pytest.mark.parametrize(
    ("raw", "base", "strength", "tokens"),
    [
        ("타이레놀500", "타이레놀", "500", ()),
        ("타이레놀 500 미리", "타이레놀", "500mg", ()),
        ("500mg 타이레놀", "타이레놀", "500mg", ()),
        ("부루펜 200mg", "부루펜", "200mg", ()),
        ("동화약품 판콜", "동화약품판콜", "", ("동화약품", "판콜")),
        ("xkdlfpshf500", "타이레놀", "500", ()),
        ("타 이 레 놀", "타이레놀", "", ("타", "이", "레", "놀")),
    ],
)
def test_the_parts_of_a_query(raw, base, strength, tokens):
    query = parse_query(raw)
    assert (query.base, query.strength, query.tokens) == (base, strength, tokens)


def test_a_slip_is_told_from_latin():
    assert (parse_query("XKDLFPSHF").hangul, parse_query("XKDLFPSHF").slip) == ("타이레놀", True)
    assert (parse_query("TYLENOL").hangul, parse_query("TYLENOL").slip) == ("tylenol", False)


def test_initials_typed_on_windows_are_split():
    assert parse_query("ㄺㅌ").initials == parse_query("ㄹㄱㅌ").initials == "frx"
    assert parse_query("ㅌㅇㄹㄴ").initials == "xdfs"
    assert parse_query("타이레ㄴ").initials == ""


@pytest.mark.parametrize(
    ("ingredient", "base"),
    [
        ("세티리진염산염", "세티리진"),
        ("염산세티리진", "세티리진"),
        ("에스오메프라졸마그네슘삼수화물", "에스오메프라졸"),
        ("아세트아미노펜 과립", "아세트아미노펜"),
        ("아세트아미노펜(미분화)", "아세트아미노펜"),
        ("도네페질염산염수화물", "도네페질"),
        ("덱시부프로펜 디.씨", "덱시부프로펜"),
        ("탄산칼슘", "탄산칼슘"),
        ("염화나트륨", "염화나트륨"),
        ("황산동", "황산동"),
        ("Cetirizine Hydrochloride", "cetirizine"),
        ("Acetaminophen Granules", "acetaminophen"),
        ("Acetaminophen (Micronized)", "acetaminophen"),
    ],
)
def test_salts_and_forms_fold_to_one_substance(ingredient, base):
    assert base_of(ingredient) == base


def test_a_layered_tablet_lists_its_ingredient_once():
    assert bases_of(["아세트아미노펜", "아세트아미노펜과립", "카페인무수물"]) == ["아세트아미노펜", "카페인"]


def test_abbreviations_and_english_mean_the_substance():
    names = ("aap", "acetaminophen", "paracetamol", "아세트아미노펜")
    assert {substance_for(name) for name in names} == {"아세트아미노펜"}
    assert substance_for("덱시부프로펜") != substance_for("이부프로펜")
    assert substance_for("세티리진염산염") == "세티리진"
    assert len(curated_names()) >= 150


def test_everyday_words_mean_the_symptom():
    words = ("두통", "머리아플때", "월경통", "체함", "열", "목아픔", "두통약")
    assert {word: symptom_for(word).name for word in words} == {
        "두통": "두통", "머리아플때": "두통", "월경통": "생리통", "체함": "소화불량", "열": "발열",
                     "목아픔": "인후통", "두통약": "두통"}  # fmt: skip
    assert symptom_for("삼겹살") is None


def test_symptoms_are_read_from_efficacy_texts():
    found = symptoms_in("이 약은 감기로 인한 발열, 인후(목구멍)통, 편두통, 월경통(생리통)에 사용합니다.")
    assert {"발열", "인후통", "편두통", "두통", "생리통", "감기"} <= set(found)
    assert found["발열"] < found["생리통"]
    assert "타박상" not in symptoms_in("구멍난 곳")


def test_every_symptom_is_read_from_its_own_wordings():
    assert all(symptom.name in symptoms_in(wording) for symptom in all_symptoms() for wording in symptom.wordings)


@pytest.mark.parametrize("raw", ["과다복용", "숨이 안 쉬어져요", "자살", "약을 너무 많이 먹었어요", "죽고 싶어"])
def test_emergency_words_bring_the_notice(raw):
    notice = emergency_notice(raw)
    assert notice is not None
    assert "119" in notice
    assert "109" in notice


@pytest.mark.parametrize("raw", ["wktkf", "rhkekqhrdyd", "자살 탄산리튬", "자\u200b살"])
def test_an_emergency_is_heard_however_it_is_typed(raw):
    assert parse_query(raw).emergency is not None


@pytest.mark.parametrize("raw", ["타이레놀", "두통", "숨쉬는한의원", "로자살탄정", "코자살탄플러스정", "xkdlfpshf"])
def test_other_words_bring_no_notice(raw):
    assert emergency_notice(raw) is None
