"""What people search for: counted without names or addresses, shown from five addresses on, warmed."""

import threading
from datetime import date, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core import stores
from core.cache import tiers as cache
from medicines import tasks
from medicines.models import Medicine, MedicineSearchCount
from medicines.selectors.popular import popular_names
from medicines.services import popularity
from medicines.services.warming import Warmed, warm
from medicines.tests import catalogue

URL = "/api/v1/medicines"
# A Sunday: the six days before it share its week, and so its salt.
SUNDAY = date(2026, 11, 22)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def _catalogue(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        catalogue.load()
        yield
        catalogue.clear()


@pytest.fixture(autouse=True)
def _forget():
    popularity.flush()
    stores.cache.client.flushdb()
    # A HyperLogLog takes one of a few addresses for another about once in a thousand salts; not with this one.
    for day in (SUNDAY, timezone.localdate()):
        stores.cache.client.set(f"pilling:{{searched}}:salt:{day:%G-%V}", b"salt" * 8, ex=60)


def search(client, q, *addresses):
    for address in addresses:
        assert client.get(URL, {"q": q}, REMOTE_ADDR=address).status_code == 200


def addresses(count):
    return [f"192.0.2.{number}" for number in range(count)]


def store(client):
    popularity.flush()
    return popularity.store_counts()


def test_a_name_is_shown_from_five_addresses_on(client):
    search(client, "보라매", *addresses(5))
    search(client, "새벽별", *addresses(4))
    store(client)
    assert [(name.text, name.item_seq) for name in popular_names()] == [("보라매", "100000001")]


def test_one_address_counts_once(client):
    search(client, "보라매", *(["192.0.2.1"] * 20))
    store(client)
    assert MedicineSearchCount.objects.get().addresses == 1
    assert popular_names() == []


def test_only_names_of_the_catalogue_are_kept(client):
    search(client, "내가 앓는 병", *addresses(6))
    search(client, "두통", *addresses(6))
    search(client, "아세트아미노펜", *addresses(6))
    store(client)
    assert not MedicineSearchCount.objects.exists()
    assert stores.cache.client.keys("pilling:{searched}:2*") == []


def test_no_address_can_be_read_out_of_redis(client):
    search(client, "보라매", "192.0.2.77")
    popularity.flush()
    client = stores.cache.client
    keys = client.keys("pilling:{searched}:*")
    assert keys
    values = [client.dump(key) for key in keys]
    assert not any(b"192.0.2.77" in part for part in (*keys, *values))
    assert all(0 < client.ttl(key) <= 8 * 86_400 for key in keys)


def test_spellings_and_slips_count_for_the_name(client):
    for spelling, address in zip(["보라매", "ㅂㄹㅁ", "qhfkao", "보라메", "보라매정"], addresses(5), strict=True):
        search(client, spelling, address)
    store(client)
    assert MedicineSearchCount.objects.get(name="보라매").addresses == 5


def test_days_of_one_week_add_up_without_counting_an_address_twice():
    for back, address in enumerate(["a", "b", "a", "c"]):
        popularity._send({("100000001", address)}, SUNDAY - timedelta(days=back))
    for back in (3, 2, 1, 0):
        popularity._store_day(SUNDAY - timedelta(days=back))
    row = MedicineSearchCount.objects.get(day=SUNDAY)
    assert (row.addresses, row.week_addresses) == (1, 3)


def test_popularity_moves_in_steps_and_decays():
    today = timezone.localdate()
    MedicineSearchCount.objects.create(name="보라매", day=today, addresses=7, week_addresses=7)
    assert popularity.store_counts() == 1
    assert set(Medicine.objects.filter(brand_name="보라매").values_list("popularity", flat=True)) == {3.0}
    MedicineSearchCount.objects.update(addresses=8)
    assert popularity.store_counts() == 0
    assert popularity.store_counts(today=today + timedelta(days=20)) == 1
    assert Medicine.objects.get(item_seq="100000001").popularity == 0


def test_old_counts_are_deleted():
    old = timezone.localdate() - timedelta(days=30)
    MedicineSearchCount.objects.create(name="보라매", day=old, addresses=9, week_addresses=9)
    popularity.store_counts()
    assert not MedicineSearchCount.objects.exists()


def test_a_week_later_a_name_is_no_longer_shown():
    day = timezone.localdate() - timedelta(days=7)
    MedicineSearchCount.objects.create(name="보라매", day=day, addresses=9, week_addresses=9)
    assert popular_names() == []


@pytest.mark.parametrize("now", ["2026-11-27T00:30:00+09:00", "2026-11-27T23:30:00+09:00"])
def test_the_seven_days_are_korean_days(now, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(now))
    MedicineSearchCount.objects.create(name="보라매", day=date(2026, 11, 20), addresses=9, week_addresses=9)
    assert popular_names() == []
    MedicineSearchCount.objects.create(name="새벽별", day=date(2026, 11, 21), addresses=9, week_addresses=9)
    assert [name.text for name in popular_names()] == ["새벽별"]


def test_popular_is_an_endpoint(client, django_assert_num_queries):
    MedicineSearchCount.objects.create(name="보라매", day=timezone.localdate(), addresses=9, week_addresses=9)
    with django_assert_num_queries(1):
        answers = [client.get(f"{URL}/popular") for _ in range(2)]
    assert answers[0].json() == {
        "results": [{"text": "보라매", "item_seq": "100000001"}],
        "next": None,
        "previous": None,
    }
    assert [answer["X-Cache"] for answer in answers] == ["db", "memory"]
    assert client.get(f"{URL}/popular?limit=0").status_code == 400


def test_without_redis_searching_goes_on(client, killable):
    killable.kill()
    search(client, "보라매", "192.0.2.1")
    popularity.flush()


def test_the_buffer_is_bounded(monkeypatch):
    counter = popularity._Counter("test")
    monkeypatch.setattr(popularity, "_MAX_WAITING", 3)
    monkeypatch.setattr(counter, "_started", True)
    for number in range(9):
        counter.note("100000001", str(number))
    assert len(counter._waiting) == 3


def test_a_search_noted_while_the_buffer_is_sent_is_not_lost(monkeypatch):
    counter = popularity._Counter("test")
    monkeypatch.setattr(counter, "_started", True)
    adding, sending, sent = threading.Event(), threading.Event(), []

    class Slow(set):
        def add(self, entry):
            adding.set()
            sending.wait(0.5)
            super().add(entry)

    def send(waiting, day):
        for number, entry in enumerate(waiting):
            if number == 0:
                sending.set()
                noting.join(60)
            sent.append(entry)

    monkeypatch.setattr(popularity, "_send", send)
    counter._waiting = Slow([("100000001", "a"), ("100000001", "b")])
    noting = threading.Thread(target=counter.note, args=("100000002", "c"))
    noting.start()
    assert adding.wait(60)
    counter.flush()
    counter.flush()
    assert sorted(address for _, address in sent) == ["a", "b", "c"]


def test_warming_fills_redis(client, django_assert_num_queries, capsys):
    MedicineSearchCount.objects.create(name="보라매", day=timezone.localdate(), addresses=9, week_addresses=9)
    call_command("warm_cache")
    assert "1 lists and 2 cards" in capsys.readouterr().out
    cache().memory.clear()
    with django_assert_num_queries(0):
        assert client.get(URL, {"q": "보라매"})["X-Cache"] == "redis"


@pytest.mark.parametrize("limit", [0, -1])
def test_fewer_than_one_name_is_refused(limit):
    with pytest.raises(CommandError, match="at least 1"):
        call_command("warm_cache", limit=limit)


def test_the_tasks_do_the_same(client):
    search(client, "보라매", *addresses(5))
    popularity.flush()
    tasks.store_popularity()
    tasks.warm_cache()
    assert warm() == Warmed(lists=1, cards=2)


def test_with_redis_away_the_counts_wait_for_the_next_time(client, settings, monkeypatch, caplog):
    search(client, "보라매", *addresses(5))
    popularity.flush()
    settings.NOWHERE_URL = "redis://127.0.0.1:1/0"
    with monkeypatch.context() as patched:
        patched.setattr(stores, "cache", stores.Store("NOWHERE_URL"))
        tasks.store_popularity()
    assert "Searches not stored" in caplog.text
    tasks.store_popularity()
    assert popular_names()
