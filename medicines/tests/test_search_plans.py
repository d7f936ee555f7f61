"""Every arm of the search is served by an index: read from EXPLAIN, with the planner free to choose on 20,000 rows."""

import re

import pytest
from django.db import connection

from core.prepared import prepare
from medicines.models import Medicine, MedicineEfficacy
from medicines.search.columns import SEARCH_COLUMNS, search_columns
from medicines.search.keys import join_syllable, to_keys
from medicines.search.query import parse_query
from medicines.selectors.search import statement
from medicines.selectors.suggest import suggest_statement
from medicines.services import search_index

COUNT = 20_000
_FIRST, _NEXT, _LAST = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ", "ㅏㅓㅗㅜㅡㅣㅐㅔ", "ㄴㄹㅁㅇ"

pytestmark = [pytest.mark.timeout(600), pytest.mark.django_db]


def made_up_name(number):
    """Three syllables that no two numbers share, and a form."""
    syllables = []
    for _ in range(3):
        number, initial = divmod(number, len(_FIRST))
        number, vowel = divmod(number, len(_NEXT))
        syllables.append(join_syllable(_FIRST[initial], _NEXT[vowel], _LAST[(initial + vowel) % 4]))
    return "".join(syllables) + "정"


@pytest.fixture(scope="module", autouse=True)
def _many_products(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        try:
            for start in range(0, COUNT, 5_000):
                Medicine.objects.bulk_create(map(_product, range(start, start + 5_000)))
            MedicineEfficacy.objects.bulk_create(map(_efficacy, Medicine.objects.all()[:5_000]))
            search_index.rebuild_brands()
            search_index.rebuild_term_tables()
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE medicine, medicine_brand, medicine_term CASCADE")


def _product(number):
    name = made_up_name(number * 37)
    columns = search_columns(name=name, name_en=to_keys(name)[::-1], ingredients=[f"성분{number % 500}"])
    values = {field: getattr(columns, field) for field in SEARCH_COLUMNS}
    return Medicine(item_seq=str(number), name=name, entp_name=f"회사{number % 90}", **values)


def _efficacy(product):
    flat = f"이약은{product.brand_name}에사용합니다"
    return MedicineEfficacy(medicine=product, text_hash="", flat=flat, keys=to_keys(flat))


def plan(sql, params):
    """As it is planned in production: once, without a look at the parameters."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {prepare(connection.connection, sql, len(params))}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        ("간난단정", {"idx_medicine_name_keys", "idx_medicine_name_trgm", "idx_medicine_brand_name"}),
        ("간난", {"idx_medicine_name_keys", "idx_medicine_name_trgm", "idx_medicine_term_keys"}),
        ("가", {"idx_medicine_name_keys", "idx_medicine_term_keys"}),
        ("ㄱㄴㄷ", {"idx_medicine_initials", "idx_medicine_term_keys"}),
        ("ㄱ", {"idx_medicine_initials", "idx_medicine_term_keys"}),
        ("dnwsk", {"idx_medicine_name_en_keys"}),
        ("간난단 500", {"idx_medicine_name_keys", "idx_medicine_brand_name"}),
        ("회사1 간난단", {"idx_medicine_name_trgm"}),
        ("두통", {"idx_medicine_term_keys", "idx_medicine_efficacy_trgm"}),
    ],
)
def test_each_kind_of_query_reads_indexes_only(text, indexes):
    shown = plan(*statement(parse_query(text)))
    assert indexes <= set(re.findall(r"idx_\w+", shown))
    assert not re.search(r"Seq Scan on (medicine|medicine_term|medicine_brand|medicine_efficacy)\b", shown), shown


@pytest.mark.parametrize("text", ["간", "간난단", "ㄱㄴ", "간난단정500밀ㄹ", "dnws", "("])
def test_suggestions_read_indexes_only(text):
    shown = plan(*suggest_statement(parse_query(text), 10))
    assert "Seq Scan on medicine" not in shown, shown


def test_near_brands_are_read_from_their_index():
    """What the body of medicine_brand_near asks, which EXPLAIN shows only as a function."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'medicine_brand_near'")
        asked = re.search("RETURN QUERY (.*?);", cursor.fetchone()[0], re.DOTALL)[1]
    body = asked.replace("%", "%%").replace("wanted", "%s")
    assert "idx_medicine_brand_trgm" in plan(body, ["rksskseks", "rksskseks"])


def test_fallbacks_do_not_run_when_something_stronger_matched():
    sql, params = statement(parse_query(Medicine.objects.get(item_seq="77").brand_name))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", params)
        shown = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(r"Function Scan on medicine_brand_near.*never executed", shown)
    assert re.search(r"medicine_efficacy.*never executed", shown)
