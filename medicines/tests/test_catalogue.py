"""Merging what the sources say, and writing only what changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from medicines.merge import merge, status
from medicines.models import Medicine, MedicineCache, MedicineIngredient
from medicines.services.catalogue import upsert_ingredients, upsert_many
from medicines.tests.factories import (
    detail_row,
    easy_row,
    ingredient_row,
    permit_row,
    store_detail,
    store_easy,
    store_permit,
)
from medicines.wire import EasyItem, IngredientItem, PermitDetail, PermitItem

pytestmark = pytest.mark.django_db


def made(model, *rows):
    return [model.model_validate(row).made() for row in rows]


@pytest.mark.parametrize(
    ("cancel_name", "expected"),
    [
        ("정상", "active"),
        ("유효기간만료", "withdrawn"),
        ("취하", "withdrawn"),
        ("폐업", "withdrawn"),
        ("취소", "withdrawn"),
        ("행정(취소)", "withdrawn"),
        ("", "unknown"),
        ("심사중", "unknown"),
    ],
)
def test_status_of_a_licence(cancel_name, expected):
    assert status(cancel_name) == expected


def test_the_easy_source_has_the_first_word_on_naming_whatever_the_order():
    easy = {"name": "새이름정", "entp_name": "새회사", "image_url": "https://a/1", "label": True}
    permit = {"name": "옛이름정", "entp_name": "옛회사", "cancel_name": "정상", "etc_otc": "일반의약품"}
    assert merge({"easy": easy, "permit": permit}) == merge({"permit": permit, "easy": easy})
    merged = merge({"easy": easy, "permit": permit})
    assert (merged.name, merged.entp_name, merged.status, merged.coverage) == ("새이름정", "새회사", "active", "easy")


def test_both_sources_make_one_product():
    store_easy(name="가나정", itemImage="https://nedrug.mfds.go.kr/pbp/cmn/itemImageDownload/1")
    medicine = store_permit(name="가나정500밀리그램", CANCEL_NAME="취하")
    assert medicine.name == "가나정"
    assert medicine.name_en == "Gana Tab."
    assert medicine.etc_otc == "전문의약품"
    assert medicine.status == "withdrawn"
    assert medicine.class_name == "해열.진통.소염제"
    assert medicine.permit_date == date(2020, 8, 3)
    assert medicine.ingredients_en == ["Ganamin", "Daramin"]
    assert medicine.image_url.endswith("/1")
    assert medicine.coverage == "easy"
    assert medicine.name_keys.startswith("rksk")


def test_export_only_products_are_told_by_their_name():
    assert store_permit(name="가나정(수출용)").export_only
    assert not store_permit("200000002", name="가나정(수출명:Gana)").export_only


def test_the_label_keeps_originals_beside_the_cleaned_text():
    label = store_easy(efcyQesitm="<p>이 약은\xa0두통에</p> 사용합니다.\n\n").labels.get()
    assert label.efficacy == "이 약은 두통에\n사용합니다."
    assert label.efcy_original == label.originals["efcyQesitm"] == "<p>이 약은\xa0두통에</p> 사용합니다.\n\n"
    assert label.source_updated_on == date(2024, 5, 9)


def test_permit_labels_stand_beside_easy_ones():
    store_easy()
    medicine = store_detail()
    assert sorted(medicine.labels.values_list("source", flat=True)) == ["easy", "permit"]
    assert medicine.coverage == "easy"
    assert medicine.ingredients == ["가나민", "다라민"]


def test_a_second_time_nothing_changes_and_nothing_is_written():
    items = made(EasyItem, *(easy_row(f"2000000{n:02}", f"가나정{n}") for n in range(50)))
    assert len(upsert_many(items=items)) == 50
    before = dict(Medicine.objects.values_list("item_seq", "updated_at"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert upsert_many(items=items) == frozenset()
    assert dict(Medicine.objects.values_list("item_seq", "updated_at")) == before
    assert not [query for query in queries.captured_queries if query["sql"].startswith(("INSERT", "UPDATE"))]


def test_a_page_is_a_handful_of_statements():
    items = made(EasyItem, *(easy_row(f"200000{n:03}", f"가나정{n}") for n in range(100)))
    with CaptureQueriesContext(connection) as queries:
        upsert_many(items=items)
    assert len(queries) <= 8


def test_only_changed_sections_are_written():
    store_easy(seQesitm="발진")
    label = MedicineCache.objects.get()
    MedicineCache.objects.update(efcy_summary="쉬운 말", summary_kind="ai")
    changed = made(EasyItem, easy_row(seQesitm="발진, 두드러기"))
    with CaptureQueriesContext(connection) as queries:
        assert upsert_many(items=changed) == {"200000001"}
    [update] = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "medicine_cache"')]
    assert '"side_effect" =' in update
    assert '"efficacy" =' not in update
    after = MedicineCache.objects.get()
    assert after.side_effect == "발진, 두드러기"
    assert after.source_hash != label.source_hash
    assert (after.efcy_summary, after.summary_kind) == ("쉬운 말", "ai")


def test_a_change_of_spaces_alone_leaves_the_source_hash():
    store_easy()
    before = MedicineCache.objects.get()
    store_easy(efcyQesitm="이 약은\xa0두통에 사용합니다.")
    after = MedicineCache.objects.get()
    assert (after.source_hash, after.efficacy) == (before.source_hash, before.efficacy)
    assert after.efcy_original != before.efcy_original


def test_a_new_company_name_changes_the_product_and_no_text():
    store_easy()
    before = MedicineCache.objects.get().last_updated
    assert store_easy(entpName="켄뷰코리아").entp_name == "켄뷰코리아"
    assert MedicineCache.objects.get().last_updated == before


def test_a_new_picture_reaches_the_label():
    store_easy()
    store_easy(itemImage="https://nedrug.mfds.go.kr/2")
    assert MedicineCache.objects.get().item_image == "https://nedrug.mfds.go.kr/2"


def test_the_same_product_twice_in_one_page_is_one():
    upsert_many(items=made(EasyItem, easy_row(name="가나정"), easy_row(name="가나다정")))
    assert Medicine.objects.get().name == "가나다정"


def test_ingredients_in_any_order_and_over_page_borders():
    store_permit()
    upsert_ingredients(items=made(IngredientItem, ingredient_row("200000001", 2, "다라민")))
    rows = made(IngredientItem, ingredient_row("200000001", 1, "가나민", MAIN_INGR_ENG="Ganamin"))
    assert upsert_ingredients(items=rows) == {"200000001"}
    assert upsert_ingredients(items=rows) == frozenset()
    assert Medicine.objects.get().ingredients == ["가나민", "다라민"]


def test_ingredients_of_a_product_that_is_not_here_yet_are_kept():
    assert upsert_ingredients(items=made(IngredientItem, ingredient_row("200000009", 1, "가나민"))) == frozenset()
    assert MedicineIngredient.objects.count() == 1


def test_nothing_in_nothing_out():
    assert upsert_many(items=[]) == upsert_ingredients(items=[]) == frozenset()


def test_a_failure_in_a_page_leaves_none_of_it():
    bad = made(EasyItem, easy_row("200000002", name="나" * 10))[0]
    broken = type(bad)(item_seq="2" * 30, source="easy", facts=bad.facts, label=bad.label)
    with pytest.raises(Exception, match="too long"):
        upsert_many(items=[*made(EasyItem, easy_row()), broken])
    assert not Medicine.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_sources_at_the_same_moment_lose_nothing():
    def write(model, row):
        try:
            return upsert_many(items=made(model, row))
        finally:
            connections.close_all()

    rows = [(EasyItem, easy_row()), (PermitItem, permit_row()), (PermitDetail, detail_row())] * 4
    with ThreadPoolExecutor(len(rows)) as threads:
        list(threads.map(lambda each: write(*each), rows))
    assert Medicine.objects.get().source_facts.keys() == {"easy", "permit", "detail"}
    assert MedicineCache.objects.count() == 2


def test_a_row_that_lost_all_its_text_leaves_the_text_that_is_there():
    store_easy()
    nothing = dict.fromkeys(EasyItem.SECTION_FIELDS.values())
    medicine = store_easy(**nothing)
    assert (medicine.coverage, medicine.labels.get().efficacy) == ("easy", "이 약은 두통에 사용합니다.")
