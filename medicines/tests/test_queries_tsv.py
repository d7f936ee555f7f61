"""The full public data: loaded by its command, then searched: the acceptance list, and what holds for every name."""

import csv
import random
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from medicines.models import Medicine, MedicineCache, MedicineEfficacy
from medicines.search.query import parse_query
from medicines.search.symptoms import all_symptoms, emergency_notice
from medicines.selectors.suggest import suggest_rows
from medicines.tests.fingers import states, with_one_wrong_jamo
from medicines.tests.search_loading import loaded_by_command, search

SHARED = Path(settings.BASE_DIR).parent / "shared"
QUERIES = SHARED / "queries" / "search.tsv"
DATA = SHARED / "data"
NOUNS = Path(__file__).with_name("data") / "nouns.txt"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.django_db,
    pytest.mark.skipif(not (QUERIES.exists() and DATA.is_dir()), reason="the full data (../shared) is not here"),
]


@pytest.fixture(scope="module", autouse=True)
def loading(django_db_setup, django_db_blocker):
    """How `load_catalogue` went."""
    with loaded_by_command(django_db_blocker, DATA) as ran:
        yield ran


def test_the_whole_catalogue_is_loaded_in_little_memory(loading):
    assert loading.returncode == 0, loading.stderr[-2000:]
    assert "35209 read, 31495 changed, 3714 skipped (no item_seq), 0 refused" in loading.stdout
    assert (Medicine.objects.count(), MedicineCache.objects.count()) == (31_495, 4_712)
    assert int(loading.stdout.split("PEAK ")[1]) < 300


def rows(*kinds):
    with QUERIES.open(encoding="utf-8") as lines:
        found = [row for row in csv.DictReader(lines, delimiter="\t") if not kinds or row["kind"] in kinds]
    assert found
    return found


def first_five(text):
    hits = search(text).hits[:5]
    known = Medicine.objects.in_bulk([hit.id for hit in hits])
    return [known[hit.id] for hit in hits]


def finds(row, products):
    return any(row["expected"] in product.name + " ".join(product.ingredients) for product in products)


def test_at_least_97_percent_are_in_the_first_five():
    asked = [row for row in rows() if row["kind"] not in ("symptom", "no_result")]
    missed = [row for row in asked if not finds(row, first_five(row["query"]))]
    assert len(missed) <= 0.03 * len(asked), Counter(row["kind"] for row in missed)


@pytest.mark.parametrize("kind", ["exact", "lookalike"])
def test_a_name_typed_in_full_stands_first_and_is_no_guess(kind):
    for row in rows(kind):
        found = search(row["query"])
        assert row["expected"] in Medicine.objects.get(id=found.hits[0].id).name
        assert found.hits[0].kind in ("exact", "prefix")
        assert found.corrected_to is None


def test_what_is_no_medicine_finds_nothing():
    assert [search(row["query"]).hits for row in rows("no_result")] == [()] * len(rows("no_result"))


def test_symptoms_stand_in_the_efficacy_text_of_the_first_five():
    wordings = {word: symptom.wordings for symptom in all_symptoms() for word in symptom.words}
    for row in rows("symptom"):
        products = first_five(row["query"])
        assert products
        for product in products:
            flat = MedicineEfficacy.objects.get(medicine=product).flat
            assert any(wording in flat for wording in wordings[row["query"]])


def test_match_kinds_tell_how_the_query_was_typed():
    expected = {"chosung": "initials", "keyboard": "keyboard", "symptom": "symptom"}
    for row in rows(*expected):
        assert search(row["query"]).hits[0].kind == expected[row["kind"]]


def test_a_guess_is_called_one():
    for text in ("타이래놀", "게보링", "겔포쓰", "마데카쏠"):
        found = search(text)
        assert {hit.kind for hit in found.hits} == {"fuzzy"}
        assert found.corrected_to not in (None, text)


def test_every_spelling_finds_the_same():
    expected = search("타이레놀").hits
    spellings = [
        unicodedata.normalize("NFD", "타이레놀"), "타이레놀\n", "타이\u200b레놀", " 타 이 레 놀 ", "타이레놀®",
    ]  # fmt: skip
    assert all(search(text).hits == expected for text in spellings)
    assert search("xkdlfpshf").hits == search("XKDLFPSHF").hits == search("ｘｋｄｌｆｐｓｈｆ").hits
    assert search("타이레놀 ５００").hits == search("타이레놀 500").hits


def test_a_dosage_puts_that_strength_first():
    for text in ("타이레놀정500밀리그람", "타이레놀정500밀리그램", "타이레놀정500mg", "타이레놀정 500 미리"):
        assert first_five(text)[0].name.startswith("타이레놀정500")
    for text, name in (
        ("부루펜 200", "부루펜정200"),
        ("부루펜 400mg", "부루펜정400"),
        ("알레그라180", "알레그라정180"),
    ):
        assert first_five(text)[0].name.startswith(name)
    assert "160" not in first_five("타이레놀 500")[0].name


def test_ingredients_are_not_led_by_their_sisters():
    def of(text):
        return ["덱시부프로펜" in f"{product.name} {product.substances}" for product in first_five(text)]

    assert not any(of("이부프로펜"))
    assert all(of("덱시부프로펜"))


def test_answers_are_in_a_total_order():
    for text in ("타이레놀", "두통", "ㅌ", "이부프로펜", "동국제약"):
        assert search(text).hits == search(text).hits
        assert search(text, limit=20).hits == search(text).hits[:20]


def names_at_random(count, seed):
    names = list(Medicine.objects.order_by("item_seq").values_list("id", "name", "brand_name"))
    return random.Random(seed).sample(names, count)


def test_one_wrong_jamo_is_forgiven():
    """One jamo changed anywhere in 300 names (without their parentheses): the brand stands in the first five."""
    rng = random.Random(11)
    found = 0
    for _, name, brand in names_at_random(300, 11):
        wrong = with_one_wrong_jamo(name.split("(")[0] or brand, rng)[:100]
        found += brand in [product.brand_name for product in first_five(wrong)]
    assert found >= 270


def test_ordinary_nouns_do_not_turn_into_medicines():
    nouns = NOUNS.read_text(encoding="utf-8").split()
    assert len(nouns) == 500
    guessed = [noun for noun in nouns if any(hit.kind == "fuzzy" for hit in search(noun).hits)]
    assert len(guessed) < 25, guessed


def test_no_half_typed_name_is_without_a_suggestion():
    """Key by key through 150 names, and every name that begins with a digit, a letter or a sign."""
    odd = list(Medicine.objects.filter(name__regex="^[^가-힣]").values_list("name", flat=True))
    names = [name for _, name, _ in names_at_random(150, 7)] + odd
    silent = [text for name in names for text in states(name) if not suggest_rows(query=parse_query(text))]
    assert silent == []


def test_no_name_calls_for_an_ambulance():
    assert [name for name in Medicine.objects.values_list("name", flat=True) if emergency_notice(name)] == []


def test_signs_list_nothing_and_long_words_end():
    assert [search(text).hits for text in ("%", "_", "'", "\\", "%%", "_%_")] == [()] * 6
    assert search("가" * 100).hits == ()
