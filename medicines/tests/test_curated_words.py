"""Words that curators add: heard by search and summaries at once, and told as what they are."""

import json

import pytest
from django.db import connection

from core import personal_data
from core.cache import tiers as cache
from medicines.models import Synonym
from medicines.search.dictionary import Dictionary
from medicines.search.query import parse_query
from medicines.selectors.dictionary import KEY, in_use
from medicines.tests import catalogue
from ops.tests.audit import deeds

URL = "/api/v1/medicines"
ADMIN = "/admin/medicines/synonym/"
BRANDS = "/admin/medicines/brandalias/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ready(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    catalogue.load()
    cache().delete_many([KEY])


def find(client, q):
    body = client.get(URL, {"q": q}).json()
    return [hit["item_name"] for hit in body["results"]], body


def add(browser, where=ADMIN, **fields):
    return browser.post(where + "add/", {"enabled": "on", "note": ""} | fields)


def said(response):
    return " ".join(response.context_data["adminform"].form.non_field_errors())


def test_a_symptom_in_new_words_is_found_at_once(client, admin_client):
    assert find(client, "골이 지끈지끈")[0] == []
    assert add(admin_client, kind="symptom", word="골이 지끈지끈", means="두통").status_code == 302
    names, body = find(client, "골이 지끈지끈")
    assert "보라매콜드정" in names
    assert (body["results"][0]["match"]["kind"], body["corrected_to"]) == ("symptom", None)
    assert find(client, "골이지끈지끈약")[0] == names


def test_a_misspelt_brand_says_what_it_became(client, admin_client):
    assert find(client, "보랏빛알약")[0] == []
    assert add(admin_client, BRANDS, word="보랏빛 알약", means="보라매").status_code == 302
    names, body = find(client, "보랏빛알약")
    assert (names, body["corrected_to"]) == (["보라매정500밀리그램(아세트아미노펜)"], "보라매")
    assert body["results"][0]["match"] == {"kind": "fuzzy", "field": "item_name", "score": 0.3}
    assert find(client, "보랏빛알약 500밀리그램")[1]["corrected_to"] == "보라매"


def test_what_is_found_by_itself_stands_above_an_alias(client):
    Synonym.objects.create(kind="brand", word="새벽별", means="보라매")
    cache().delete_many([KEY])
    names, body = find(client, "새벽별")
    assert (names[0], body["corrected_to"]) == ("새벽별시럽", None)
    assert names[1:] == ["보라매정500밀리그램(아세트아미노펜)"]


def test_an_alias_of_a_brand_that_is_gone_hides_no_near_spelling(client):
    Synonym.objects.create(kind="brand", word="보라메", means="없어진상표")
    cache().delete_many([KEY])
    assert find(client, "보라메")[1]["corrected_to"] == "보라매"


def test_a_word_that_is_turned_off_hides_the_files(client, admin_client):
    assert find(client, "머리아픔")[0]
    add(admin_client, kind="symptom", word="머리아픔", means="두통")
    word = Synonym.objects.get()
    admin_client.post(ADMIN, {"action": "turn_off", "_selected_action": [word.pk]})
    assert in_use().symptom("머리아픔") == ""
    admin_client.post(ADMIN, {"action": "turn_on", "_selected_action": [word.pk]})
    assert in_use().symptom("머리아픔") == "두통"
    assert list(deeds().order_by("pk").values_list("action", flat=True)) == [
        "synonym.add", "synonym.turn_off", "synonym.turn_on",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "word", "means", "why"),
    [
        ("brand", "새벽별", "보라매", "실제로 있는 제품"),
        ("brand", "새벽빛", "없는상표", "상표가 없어요"),
        ("symptom", "골치", "기분나쁨", "아는 증상이 아니에요"),
        ("symptom", "머리아픔", "치통", "이미 ‘두통’"),
        ("ingredient", "해열이", "없는성분이름", "든 제품이 없어요"),
        ("keyword", "밤잠", "밤잠", "같은 말"),
        ("symptom", "가", "두통", "두 글자"),
        ("symptom", "(((", "두통", "두 글자"),
        ("brand", "나" * 31, "보라매", "서른 글자"),
    ],
)
def test_what_may_not_stand_is_refused_kindly(admin_client, kind, word, means, why):
    response = add(admin_client, kind=kind, word=word, means=means)
    assert (response.status_code, why in said(response)) == (200, True), said(response)
    assert not Synonym.objects.exists()


def test_the_same_word_twice_is_refused(admin_client):
    for _ in range(2):
        response = add(admin_client, kind="symptom", word="골 치", means="두통")
    assert "이미 적혀" in said(response)


def test_a_name_of_a_substance(client, admin_client):
    add(admin_client, kind="ingredient", word="아세타", means="아세트아미노펜")
    assert find(client, "아세타")[1]["results"][0]["match"]["kind"] == "ingredient"


def test_what_was_parsed_by_older_words_is_not_reused():
    new = Dictionary.of(
        [("brand", "빨간약", "포비돈", True), ("keyword", "밤잠", "수면", True), ("odd", "a", "b", True)]
    )
    assert (parse_query("빨간약").alias, parse_query("빨간약정 10mg", new).alias) == ("", "포비돈")
    assert new.keywords == (("밤잠", "수면", True),)
    assert new != Dictionary.of([("brand", "빨간약", "포비돈", True)])


def test_without_the_database_the_words_in_use_stay(admin_client, monkeypatch):
    add(admin_client, kind="symptom", word="골치", means="두통")
    assert in_use().symptom("골치") == "두통"
    cache().delete_many([KEY])
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    assert in_use().symptom("골치") == "두통"


def test_who_leaves_takes_their_name_but_not_the_word(admin_client, admin_user):
    add(admin_client, kind="symptom", word="골치", means="두통")
    assert [row["word"] for row in personal_data_of(admin_user)] == ["골치"]
    personal_data.erase(str(admin_user.pk))
    assert Synonym.objects.get().changed_by is None


def personal_data_of(user):
    return json.loads("".join(personal_data.stream(str(user.pk))))["curated_words"]


def test_the_words_are_inspected_and_dropped_by_their_key(admin_client):
    add(admin_client, kind="symptom", word="골치", means="두통")
    in_use()
    page = "/admin/ops/cacheentry/"
    shown = admin_client.post(page, {"text": KEY}).content.decode()
    assert "골치" in shown
    assert admin_client.post(f"{page}drop/", {"key": [KEY]}).status_code == 302
    assert cache().get(KEY) is None
