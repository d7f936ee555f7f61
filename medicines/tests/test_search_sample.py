"""Search on our own sample: what each kind of query finds, why, and by one statement."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from medicines.models import Medicine, MedicineBrand, MedicineEfficacy, MedicineTerm
from medicines.search.columns import search_columns
from medicines.search.keys import to_keys
from medicines.search.normalise import normalise
from medicines.search.query import parse_query
from medicines.search.symptoms import symptom_for
from medicines.selectors.search_arms import escape_like
from medicines.selectors.suggest import suggest_rows
from medicines.services import search_index
from medicines.tests.fingers import states
from medicines.tests.search_loading import loaded, search

SAMPLE = Path(settings.BASE_DIR) / "sandbox" / "sample"

pytestmark = [pytest.mark.timeout(600), pytest.mark.django_db]


@pytest.fixture(scope="module", autouse=True)
def _sample_catalogue(django_db_setup, django_db_blocker):
    with loaded(django_db_blocker, *(SAMPLE / f"{name}.jsonl" for name in ("permit", "easydrug", "ingredients"))):
        yield


def names(text, count=5):
    hits = search(text).hits[:count]
    known = Medicine.objects.in_bulk([hit.id for hit in hits])
    return [known[hit.id].name for hit in hits]


@pytest.mark.parametrize(
    ("text", "kind", "begins"),
    [
        ("타이레놀", "exact", "타이레놀"),
        ("타이레놀정500밀리그램", "exact", "타이레놀정500"),
        ("판콜에스내복액", "exact", "판콜에스내복액"),
        ("이가탄에프캅셀", "exact", "이가탄에프캡슐"),
        ("판피", "prefix", "판피린"),
        ("타이레ㄴ", "prefix", "타이레놀"),
        ("이지엔식스", "prefix", "이지엔6"),
        ("ㅌㅇㄹㄴ", "initials", "타이레놀"),
        ("xkdlfpshf", "keyboard", "타이레놀"),
        ("XKDLFPSHF", "keyboard", "타이레놀"),
        ("타이래놀", "fuzzy", "타이레놀"),
        ("게보링", "fuzzy", "게보린"),
        ("까스할명수", "fuzzy", "까스활명수"),
        ("겔포쓰", "fuzzy", "겔포스"),
        ("동화약품 판콜", "prefix", "판콜"),
        ("타세놀", "exact", "타세놀"),
    ],
)
def test_a_query_finds_its_medicine_and_says_why(text, kind, begins):
    found = search(text)
    assert found.hits[0].kind == kind
    assert names(text)[0].startswith(begins)
    assert (found.corrected_to is not None) == (kind in ("fuzzy", "keyboard"))


@pytest.mark.parametrize(
    ("meant", "kind"),
    [("두통", "symptom"), ("동화약품", "company"), ("덱시부프로펜", "ingredient"), ("이지엔식스", "keyboard")],
)
def test_a_forgotten_switch_is_told_whatever_was_found(meant, kind):
    found = search(to_keys(meant))
    assert found.hits[0].kind == kind
    assert found.corrected_to == meant


@pytest.mark.parametrize("text", ["AAP", "paracetamol", "DHA"])
def test_latin_letters_that_were_meant_are_not_corrected(text):
    assert search(text).corrected_to is None


@pytest.mark.parametrize("text", ["AAP", "paracetamol", "Acetaminophen"])
def test_an_ingredient_is_found_under_its_other_names(text):
    hit = search(text).hits[0]
    assert (hit.kind, hit.field) == ("ingredient", "ingredients")
    assert "아세트아미노펜" in Medicine.objects.get(id=hit.id).substances


@pytest.mark.parametrize("text", ["동화약품", "동화약품(주)", "(주)동화약품", "주식회사 동화약품"])
def test_a_company_is_found_without_its_legal_form(text):
    hits = search(text).hits
    assert {hit.kind for hit in hits} == {"company"}
    assert {Medicine.objects.get(id=hit.id).entp_name for hit in hits} == {"동화약품(주)"}


@pytest.mark.parametrize(
    ("text", "wording"), [("두통", "두통"), ("머리 아플 때", "두통"), ("월경통", "월경통"), ("체했을 때", "체함")]
)
def test_a_symptom_is_found_in_the_efficacy_only(text, wording):
    hits = search(text).hits
    assert {hit.kind for hit in hits} == {"symptom"}
    flats = MedicineEfficacy.objects.filter(medicine__in=[hit.id for hit in hits]).values_list("flat", flat=True)
    assert len(flats) == len(hits)
    wordings = symptom_for(normalise(text)).wordings
    assert wording in wordings
    assert all(any(said in flat for said in wordings) for flat in flats)


def test_a_caution_is_no_indication():
    """디멘히드리네이트 makes sleepy, which its cautions say; nobody takes a medicine for 졸음."""
    assert search("졸음").hits == ()


def test_words_of_the_efficacy_that_are_no_term_are_found_when_nothing_else_is():
    hits = search("더부룩한증상").hits
    assert {(hit.kind, hit.field) for hit in hits} == {("symptom", "efficacy")}


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "'; DROP TABLE medicine; --", "<script>alert(1)</script>", "👍", "삼겹살"]
)
def test_signs_and_strange_words_find_nothing(text):
    assert search(text).hits == ()


def test_wildcards_are_escaped():
    assert escape_like("10%_\\") == "10\\%\\_\\\\"


@pytest.mark.parametrize(
    "text", ["타이레놀", "타이래놀", "ㅌㅇ", "xkdl", "두통", "타이레놀 500", "동화약품 판콜", "더부룩한증상", "ㅌ"]
)
def test_every_search_is_one_statement(text, django_assert_num_queries):
    with django_assert_num_queries(1):
        search(text)
    with django_assert_num_queries(1):
        suggest_rows(query=parse_query(text))


def test_nothing_to_search_is_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        search("%")


def test_exact_stands_above_everything_else():
    order = ["exact", "prefix", "substring", "initials", "keyboard", "ingredient", "company", "symptom", "fuzzy"]
    kinds = [hit.kind for hit in search("타이레놀").hits]
    assert kinds == sorted(kinds, key=order.index)
    scores = [hit.score for hit in search("타이레놀").hits]
    assert scores == sorted(scores, reverse=True)


def like_the_first(text):
    """Ids of the hits that match as the first does, in order."""
    hits = search(text).hits
    return [hit.id for hit in hits if hit.kind == hits[0].kind]


@pytest.mark.parametrize("ended", [{"status": Medicine.Status.WITHDRAWN}, {"export_only": True}])
def test_withdrawn_and_export_only_stand_last_among_their_like(ended):
    before = like_the_first("판콜")
    assert len(before) > 1
    Medicine.objects.filter(id=before[0]).update(**ended)
    assert like_the_first("판콜") == [*before[1:], before[0]]


def test_a_whole_name_that_was_withdrawn_stands_behind_the_brands_other_products():
    brand = Medicine.objects.get(id=search("부루펜").hits[0].id).brand_name
    ids = list(Medicine.objects.filter(brand_name=brand).values_list("id", flat=True))
    assert len(ids) > 1
    Medicine.objects.filter(id=ids[0]).update(name_norm=f"{brand}|", name_keys=f"{to_keys(brand)}|", status="active")
    assert search(brand).hits[0].id == ids[0]
    Medicine.objects.filter(id=ids[0]).update(status="withdrawn")
    hits = [hit for hit in search(brand).hits if hit.kind == "exact"]
    assert {hit.id for hit in hits} == set(ids)
    assert hits[-1].id == ids[0]


@pytest.mark.parametrize("status", [Medicine.Status.ACTIVE, Medicine.Status.UNKNOWN])
def test_an_unknown_status_ranks_with_active(status):
    before = like_the_first("판콜")
    Medicine.objects.filter(id=before[-1]).update(status=status)
    Medicine.objects.filter(id=before[0]).update(status=Medicine.Status.ACTIVE)
    assert like_the_first("판콜") == before


def test_shorter_stands_before_longer_where_nothing_else_tells_them_apart():
    ids = like_the_first("판콜")
    Medicine.objects.filter(id__in=ids).update(opened_on=None, popularity=0, status="unknown", export_only=False)
    lengths = [len(Medicine.objects.get(id=each).name_norm.split("|")[0]) for each in like_the_first("판콜")]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1


def test_popular_stands_before_the_rest():
    last = [hit for hit in search("판콜").hits if hit.kind == "prefix"][-1]
    Medicine.objects.filter(id=last.id).update(popularity=5)
    assert search("판콜").hits[0].id == last.id


def test_a_dosage_puts_that_strength_first():
    assert names("부루펜 200")[0].startswith("부루펜정200")
    assert names("부루펜 400mg")[0].startswith("부루펜정400")
    assert names("400 부루펜")[0].startswith("부루펜정400")


def test_every_name_is_suggested_key_by_key():
    everything = list(Medicine.objects.values_list("name", flat=True))
    silent = [text for name in everything for text in states(name) if not suggest_rows(query=parse_query(text))]
    assert silent == []


def test_suggestions_name_each_text_once():
    lines = suggest_rows(query=parse_query("판"), limit=10)
    assert len({line.text for line in lines}) == len(lines)
    assert all("(" not in line.text for line in lines)
    assert suggest_rows(query=parse_query("겔포쓰"))[0].kind == "fuzzy"
    assert suggest_rows(query=parse_query("xkdlfp"))[0].kind == "keyboard"


def test_search_columns_of_a_name():
    columns = search_columns(name="게보린정(수출명:돌로린정)", name_en="Geworin Tab.", ingredients=["염산세티리진"])
    assert columns.name_norm == "게보린정|돌로린정|"
    assert columns.name_keys == "rpqhflswjd|ehffhflswjd|"
    assert (columns.name_initials, columns.name_en_keys) == ("rqfw", "geworintab")
    assert (columns.brand_name, columns.substances) == ("게보린", ["세티리진"])
    assert search_columns(name="프로펜정(이부프로펜)(수출용)").substances == ["이부프로펜"]
    assert len(search_columns(name="가" * 5_000).name_keys) <= 800


def test_rebuilding_an_unchanged_catalogue_writes_nothing():
    def versions():
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(*), max(xmin::text::bigint) FROM medicine_term UNION ALL
                   SELECT count(*), max(xmin::text::bigint) FROM medicine_efficacy"""
            )
            return cursor.fetchall()

    before = versions()
    assert search_index.rebuild_brands() == 0
    assert search_index.rebuild_efficacy() == 0
    search_index.rebuild_terms()
    assert versions() == before


def test_rebuilds_follow_the_catalogue():
    product = Medicine.objects.get(name="게보린정(수출명:돌로린정)")
    product.efficacy.delete()
    Medicine.objects.filter(id=product.id).update(brand_name="새이름", entp_name="새회사")
    MedicineTerm.objects.filter(text="두통").delete()
    assert search_index.rebuild_brands() == 1
    search_index.rebuild_terms()
    assert MedicineBrand.objects.filter(name="새이름", keys="todlfma").exists()
    assert not MedicineBrand.objects.filter(name="게보린").exists()
    assert MedicineTerm.objects.get(kind="company", text="새회사").medicine_ids == [product.id]
    assert product.id in MedicineTerm.objects.get(kind="symptom", text="두통").medicine_ids
