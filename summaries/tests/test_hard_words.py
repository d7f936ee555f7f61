"""The table of hard words: seeded from the file, edited in the admin, heard by processes, refused when it lies."""

import gzip
import json

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.urls import reverse

from core.cache import tiers
from ops.models import AuditEvent
from summaries import easy_words, selectors, word_table
from summaries.easy_words import ease, file_words
from summaries.models import HardWord
from summaries.tests.curation import make_curator
from summaries.tests.factories import make_medicine
from summaries.word_rules import faults

LISTED = django_settings.BASE_DIR.parent / "shared" / "data" / "easydrug.jsonl.gz"


@pytest.fixture
def curator(client, db, settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    client.force_login(make_curator())
    return client


def add(client, word, easy, **fields):
    return client.post(reverse("admin:summaries_hardword_add"), {"word": word, "easy": easy, "enabled": "on"} | fields)


@pytest.mark.django_db
def test_migrations_and_the_command_fill_the_table_once():
    call_command("sync_hard_words")
    held = dict(HardWord.objects.values_list("word", "easy"))
    assert held == dict(file_words())
    assert word_table.sync() == (0, 0)


@pytest.mark.django_db
def test_a_changed_file_moves_only_what_nobody_changed(monkeypatch):
    word_table.sync()
    HardWord.objects.filter(word="객담").update(easy="목의 가래")
    HardWord.objects.filter(word="가피").update(enabled=False)
    file = dict(file_words()) | {"객담": "가래침", "견통": "어깨가 아픔", "새낱말": "새말"}
    monkeypatch.setattr(easy_words, "file_words", lambda: file)
    assert word_table.sync() == (1, 1)
    held = {row.word: row for row in HardWord.objects.all()}
    assert (held["객담"].easy, held["견통"].easy, held["새낱말"].easy) == ("목의 가래", "어깨가 아픔", "새말")
    assert not held["가피"].enabled


@pytest.mark.django_db(transaction=True)
def test_an_edit_is_read_at_once_and_written_down(curator):
    medicine = make_medicine(efficacy="이 약은 새말병에 사용합니다.")
    effect = lambda: selectors.read(item_seq=medicine.item_seq).body["sections"][0]["sentences"][0]["text"]  # noqa: E731
    assert effect() == "이 약은 새말병에 사용합니다."
    assert add(curator, "새말병", "새로운 병").status_code == 302
    assert effect() == "이 약은 새로운 병에 사용합니다."
    word = HardWord.objects.get(word="새말병")
    changelist = reverse("admin:summaries_hardword_changelist")
    curator.post(changelist, {"action": "turn_off", "_selected_action": [word.pk]})
    assert effect() == "이 약은 새말병에 사용합니다."
    actions = AuditEvent.objects.filter(target="새말병").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["hard_word.add", "hard_word.turn_off"]
    assert word.changed_by.username == "curator"


@pytest.mark.django_db(transaction=True)
def test_the_table_is_held_in_the_tiers_and_dropped_by_an_edit(curator, django_assert_num_queries):
    word_table.refresh()
    with django_assert_num_queries(0):
        word_table.refresh()
    add(curator, "새말병", "새로운 병")
    assert tiers().get(word_table.KEY) is None


@pytest.mark.django_db(transaction=True)
def test_an_empty_table_falls_back_to_the_file():
    HardWord.objects.all().delete()
    word_table.refresh()
    assert ease("객담을 묽게") == "가래를 묽게"


@pytest.mark.django_db(transaction=True)
def test_with_every_word_turned_off_nothing_is_replaced():
    HardWord.objects.all().delete()
    HardWord.objects.create(word="객담", easy="가래", enabled=False)
    word_table.refresh()
    assert ease("객담을 묽게") == "객담을 묽게"


LIES = [
    ("금기", "조심할 것", "뜻을 뒤집는 말"),
    ("복용금지", "먹기", "뜻을 뒤집는 말"),
    ("신중투여", "많이 쓰기", "조심하라는 말"),
    ("수시", "자주", "자주라는 말"),
    ("1일", "하루", "수나 양"),
    ("분할", "두 번", "수나 양"),
    ("임부", "여성분", "임신한 사람"),
    ("피험자", "어린이", "어린이"),
    ("부작용", "완치", "표현은 쓸 수 없어요"),
    ("객담", "https://a.kr", "쉬운 말은 한글과"),
    ("객담", "객담", "같아요"),
    ("에서", "안에서", "조사"),
    ("가(나", "다라", "기호와 괄호"),
]


@pytest.mark.parametrize(("word", "easy", "told"), LIES)
def test_a_replacement_that_changes_the_meaning_is_refused(word, easy, told):
    assert any(told in message for message in faults(word, easy))


@pytest.mark.django_db
def test_and_the_admin_says_why(curator):
    page = add(curator, "임부주의", "여성분").content.decode()
    assert "임신한 사람" in page
    assert not HardWord.objects.filter(word="임부주의").exists()


def test_the_file_itself_passes():
    assert [(word, found) for word, easy in file_words().items() if (found := faults(word, easy))] == []


@pytest.mark.django_db
def test_only_those_allowed_may_edit(client):
    client.force_login(make_curator("reader", "view_summary"))
    assert add(client, "새말병", "새로운 병").status_code == 403


@pytest.mark.skipif(not LISTED.exists(), reason="real names are not here (../shared/data/easydrug.jsonl.gz)")
def test_no_real_product_name_changes_inside_its_own_label():
    with gzip.open(LISTED, "rt", encoding="utf-8") as lines:
        names = [json.loads(line)["itemName"] for line in lines]
    assert len(names) > 4_000
    for name in names:
        brand = name.partition("(")[0]
        for said in (name, f"{brand}은 경구 투여합니다."):
            eased = ease(said, names=(name, brand))
            assert (name if said == name else brand) in eased
