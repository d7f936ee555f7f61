"""Searches in vain: no words before five addresses asked the same, what was opened next, one click to a synonym."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import stores
from medicines import tasks
from medicines.models import SearchMiss, Synonym
from medicines.services import misses
from medicines.tests import catalogue
from ops.tests.audit import deeds

URL = "/api/v1/medicines"
ADMIN = "/admin/medicines/searchmiss/"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ready(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.DATA_GO_KR_SERVICE_KEY = ""
    catalogue.load()
    misses.flush()
    stores.cache.client.flushdb()
    # A HyperLogLog takes one of a few addresses for another about once in a thousand salts; not with this one.
    stores.cache.client.set(f"pilling:missed:{timezone.localdate():%G-%V}:salt", b"salt" * 8, ex=60)


def search(client, q, count, start=0):
    for number in range(start, start + count):
        assert client.get(URL, {"q": q}, REMOTE_ADDR=f"192.0.2.{number}").status_code == 200
    misses.flush()


def opens(client, item_seq, count):
    for number in range(count):
        client.get(f"{URL}/{item_seq}", REMOTE_ADDR=f"192.0.2.{number}")
    misses.flush()


def everything_in_redis():
    client = stores.cache.client
    found = []
    for key in client.scan_iter("pilling:missed:*"):
        kind = client.type(key).decode()
        value = {"string": client.get, "hash": client.hgetall, "set": client.smembers}[kind](key)
        found.append(f"{key!r} {value!r}" if not isinstance(value, dict) else f"{key!r} {list(value.values())}")
    return " ".join(found)


def test_four_addresses_leave_no_words_anywhere(client):
    search(client, "보랏빛알약", 4)
    search(client, "보랏빛알약", 4)
    assert str("보랏빛알약".encode())[2:-1] not in everything_in_redis()
    assert misses.store() == 0
    assert not SearchMiss.objects.exists()


def test_from_five_addresses_on_it_is_kept(client):
    search(client, "보랏빛 알약", 6)
    assert str("보랏빛알약".encode())[2:-1] in everything_in_redis()
    tasks.store_misses()
    miss = SearchMiss.objects.get()
    assert (miss.query, miss.addresses, miss.week.weekday(), miss.opened) == ("보랏빛알약", 6, 0, [])
    search(client, "보랏빛알약", 2, start=10)
    misses.store()
    assert SearchMiss.objects.get().addresses == 8


@pytest.mark.parametrize("q", ["보라매", "죽고 싶어요", "가", "뷁" * 31, "%"])
def test_what_is_found_or_a_call_for_help_is_no_miss(client, q):
    search(client, q, 6)
    assert misses.store() == 0


def test_what_was_opened_next_counts_from_five_addresses_on(client):
    search(client, "보랏빛알약", 6)
    opens(client, "100000003", 4)
    search(client, "보랏빛알약", 6)
    opens(client, "100000001", 5)
    opens(client, "100000002", 6)  # not the first after the search, but for one of them
    misses.store()
    assert SearchMiss.objects.get().opened == [["100000001", 5]]


def test_old_ones_are_forgotten(client):
    old = timezone.localdate() - timedelta(days=misses.KEPT_DAYS + 8)
    SearchMiss.objects.create(query="옛날말", addresses=9, week=old)
    misses.store()
    assert not SearchMiss.objects.exists()


@pytest.fixture
def miss(db):
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday())
    opened = [["100000001", 7], ["999999999", 5]]
    return SearchMiss.objects.create(query="보랏빛알약", addresses=12, week=monday, opened=opened)


def test_one_click_makes_a_synonym(client, admin_client, miss):
    assert "보라매정500밀리그램" in admin_client.get(ADMIN).content.decode()
    page = admin_client.get(f"{ADMIN}{miss.pk}/change/").content.decode()
    assert "‘보라매’의 다른 이름으로" in page
    form = {"kind": "brand", "means": "보라매"}
    assert admin_client.post(f"{ADMIN}{miss.pk}/settle/", form).status_code == 302
    assert client.get(URL, {"q": "보랏빛알약"}).json()["corrected_to"] == "보라매"
    miss.refresh_from_db()
    assert miss.settled_at
    assert deeds().get().action == "synonym.add"
    # A second click is no second word.
    assert admin_client.post(f"{ADMIN}{miss.pk}/settle/", form).status_code == 302
    assert Synonym.objects.count() == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"kind": "nothing", "means": "보라매"},
        {"kind": "brand", "means": "없는상표"},
        {"kind": "brand", "means": "가" * 5_000},
        {"kind": "symptom", "means": "💊"},
    ],
)
def test_odd_clicks_are_answered_kindly(admin_client, miss, form):
    answer = admin_client.post(f"{ADMIN}{miss.pk}/settle/", form)
    assert answer.status_code == 400
    assert 'class="errorlist' in answer.content.decode()
    assert not Synonym.objects.exists()


def test_it_may_be_left_as_it_is(admin_client, miss):
    admin_client.post(ADMIN, {"action": "ignore", "_selected_action": [miss.pk]})
    miss.refresh_from_db()
    assert (bool(miss.settled_at), deeds().get().action) == (True, "search_miss.ignore")


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 30])
def test_no_such_miss(admin_client, pk):
    assert admin_client.get(f"{ADMIN}{pk}/change/").status_code == 404
