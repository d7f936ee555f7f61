"""What search reads follows the rules of search when a release changes them."""

import json
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from core import stores
from core.locks import lease
from medicines import search as rules
from medicines import tasks
from medicines.models import Medicine, MedicineBrand, MedicineEfficacy, MedicineTerm, SearchIndex
from medicines.search import normalise
from medicines.search.version import VERSION, version_of
from medicines.services import reindex, search_index
from medicines.services.reindex import ReindexBusy
from medicines.tests import catalogue

URL = "/api/v1/medicines"
OF_A_PRODUCT = ("item_seq", "name_norm", "name_keys", "name_initials", "brand_name", "strengths", "substances")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(db):
    catalogue.load()
    reindex.run()


def tables():
    return [
        sorted(Medicine.objects.values_list(*OF_A_PRODUCT)),
        sorted(MedicineBrand.objects.values_list("name", "keys")),
        sorted(MedicineEfficacy.objects.values_list("medicine_id", "flat", "keys", "symptoms", "places")),
        sorted(MedicineTerm.objects.values_list("kind", "text", "keys", "medicine_ids")),
    ]


def derive_by_other_rules():
    """As if an earlier release had stored everything; returns what today's rules make of it."""
    right = tables()
    MedicineEfficacy.objects.update(text_hash="of an earlier release", flat="x", keys="x", symptoms=[], places=[])
    Medicine.objects.update(name_norm="x|", name_keys="x|", name_initials="x", brand_name="x", strengths=[])
    MedicineBrand.objects.update(keys="x")
    MedicineTerm.objects.all().delete()
    SearchIndex.objects.update(version="of an earlier release")
    return right


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(Path(rules.__file__).parent, tmp_path / "search"))


@pytest.mark.parametrize("name", ["normalise.py", "keys.py", "data/symptoms.tsv", "data/forms.txt"])
def test_every_change_of_the_rules_is_another_version(copy, name):
    assert version_of(copy) == VERSION
    (copy / name).write_text((copy / name).read_text() + "\n")
    assert version_of(copy) != VERSION


def test_everything_is_derived_anew_in_batches(monkeypatch):
    right = derive_by_other_rules()
    assert reindex.is_outdated()
    monkeypatch.setattr(reindex, "BATCH", 10)
    batches = []
    reindex.run(on_batch=batches.append)
    assert tables() == right
    assert not reindex.is_outdated()
    assert [batch.read for batch in batches] == [10, 10, 10, 4]
    assert sum(batch.changed for batch in batches) == Medicine.objects.count() == 34


def test_a_new_spelling_rule_is_followed_by_names_that_are_stored(client, monkeypatch):
    monkeypatch.setattr(normalise, "_SPELLINGS", {"새벽": "아침"})
    assert client.get(URL, {"q": "아침별"}).json()["results"] == []
    monkeypatch.setattr(reindex, "VERSION", "of the next release")
    reindex.run()
    hit = client.get(URL, {"q": "아침별시럽"}).json()["results"][0]
    assert (hit["item_name"], hit["match"]["kind"]) == ("새벽별시럽", "exact")


def test_a_run_that_was_cut_off_goes_on(monkeypatch):
    right = derive_by_other_rules()
    monkeypatch.setattr(reindex, "BATCH", 10)
    assert not reindex.run_chunk(seconds=0)
    assert Medicine.objects.filter(name_norm="x|").count() == 24
    assert reindex.is_outdated()
    batches = []
    while not reindex.run_chunk(seconds=0, on_batch=batches.append):
        pass
    assert [batch.read for batch in batches] == [10, 10, 4]
    assert tables() == right


def test_a_run_of_another_release_is_begun_anew(monkeypatch):
    derive_by_other_rules()
    monkeypatch.setattr(reindex, "BATCH", 10)
    reindex.run_chunk(seconds=0)
    monkeypatch.setattr(reindex, "VERSION", "of the next release")
    batches = []
    reindex.run(on_batch=batches.append)
    assert sum(batch.read for batch in batches) == 34
    assert SearchIndex.objects.get().version == "of the next release"


def rows():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin, cmin, ctid FROM medicine ORDER BY id")
        return cursor.fetchall()


def test_what_comes_out_the_same_is_not_written():
    before = rows()
    batches = []
    reindex.run(restart=True, on_batch=batches.append)
    assert rows() == before
    assert [(batch.read, batch.changed) for batch in batches] == [(34, 0)]


def test_a_list_made_before_is_made_anew(client):
    derive_by_other_rules()
    assert client.get(URL, {"q": "보라매"}).json()["results"] == []
    reindex.run()
    answer = client.get(URL, {"q": "보라매"})
    assert answer["X-Cache"] == "db"
    assert len(answer.json()["results"]) == 2


def test_the_updated_at_of_a_product_stays():
    before = list(Medicine.objects.order_by("pk").values_list("updated_at"))
    derive_by_other_rules()
    reindex.run()
    assert list(Medicine.objects.order_by("pk").values_list("updated_at")) == before


def test_one_process_at_a_time():
    SearchIndex.objects.update(version="")
    with lease("search-index", seconds=30):
        with pytest.raises(ReindexBusy):
            reindex.run()
        with pytest.raises(CommandError):
            call_command("reindex_search")
        tasks.reindex_search()
    assert reindex.is_outdated()


def test_the_command_says_what_it_did(capsys):
    call_command("reindex_search")
    assert "up to date" in capsys.readouterr().out
    derive_by_other_rules()
    call_command("reindex_search")
    assert "34 products read, 34 changed" in capsys.readouterr().out
    call_command("reindex_search", "--restart")
    assert "34 products read, 0 changed" in capsys.readouterr().out


def test_the_task_finds_and_finishes_it():
    right = derive_by_other_rules()
    tasks.reindex_search()  # a stretch with all products in it
    assert reindex.is_outdated()
    tasks.reindex_search()
    assert not reindex.is_outdated()
    assert tables() == right
    assert "medicines.tasks.reindex_search" in [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]


def test_a_sync_begins_with_it(sources):
    derive_by_other_rules()
    sources.set_fault("datagokr", "key")
    with pytest.raises(CommandError):  # of the sources; what is here was seen to before
        call_command("sync_medicines")
    assert not reindex.is_outdated()


def test_the_nightly_sync_sends_it(sources, django_capture_on_commit_callbacks):
    derive_by_other_rules()
    sources.set_fault("datagokr", "key")
    with django_capture_on_commit_callbacks(execute=True):
        tasks.sync_medicines()
    messages = [json.loads(message)["headers"]["task"] for message in stores.broker.client.lrange("batch", 0, -1)]
    assert "medicines.tasks.reindex_search" in messages


def test_two_rebuilds_cannot_meet():
    search_index.rebuild()
    assert holds(search_index._REBUILD_LOCK)


def holds(lock):
    with connection.cursor() as cursor:
        cursor.execute("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        return (lock,) in cursor.fetchall()
