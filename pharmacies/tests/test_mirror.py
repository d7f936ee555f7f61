"""The national list over real HTTP: page by page, resumable, idempotent, and never believing nonsense."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.locks import lease
from core.mirroring import ATTEMPTS, RESUMABLE, MirrorBusy, MirrorStopped
from pharmacies import client
from pharmacies.models import Pharmacy, PharmacyRun, PublicHoliday
from pharmacies.services import mirror
from pharmacies.tests.factories import WEEKDAYS, hours, item, metres_north, store

pytestmark = pytest.mark.django_db


def run(**options):
    return mirror.run_chunk(backoff=0, **options).run


def rows(count, first=1):
    return [item(f"C{n:07}", f"보기{n}약국", **WEEKDAYS) for n in range(first, first + count)]


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(client, "PAGE_ROWS", 10)


def sync(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("sync_pharmacies", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_whole_sample_twice(sources):
    first = run()
    assert (first.state, first.refusals, first.rows_refused) == ("complete", [], 0)
    assert first.rows_read == first.rows_changed == first.total_count >= 300
    second = run()
    assert (second.state, second.rows_changed) == ("complete", 0)
    assert Pharmacy.objects.count() == first.total_count


def test_what_is_stored_of_a_row(serve):
    serve(pharmacies=[item("C1", "보기 약국", lat=37.5, lng="127.0", **hours(mon=("900", 1900), sat=("2000", "0100")))])
    run()
    row = Pharmacy.objects.get()
    assert (row.source, row.source_id, row.name_norm, row.lat, row.lng) == ("nemc", "C1", "보기", 37.5, 127.0)
    assert row.opens == [540, None, None, None, None, 1200, None, None]
    assert row.closes == [1140, None, None, None, None, 1500, None, None]


def test_one_row_comes_as_an_object(serve):
    serve(pharmacies=rows(1))
    assert (run().state, Pharmacy.objects.count()) == ("complete", 1)


def test_good_rows_load_and_bad_ones_are_listed(serve):
    bad = {
        "C91": {"wgs84Lat": 127.0, "wgs84Lon": 37.5},
        "C92": {"wgs84Lat": "어딘가"},
        "C93": {"wgs84Lat": 0, "wgs84Lon": 0},
        "C94": {"wgs84Lat": "NaN"},
        "C95": {"dutyName": ""},
        "C96": {"wgs84Lat": "", "wgs84Lon": None},
    }
    served = [item("C1"), item("C1"), *(item(hpid, f"{hpid}약국") | wrong for hpid, wrong in bad.items())]
    partly = item("C2", **hours(mon=("0900", 1900), tue=("9시", 1900)))
    nameless = {key: value for key, value in item().items() if key != "hpid"}
    serve(pharmacies=[*served, partly, nameless])
    done = run()
    assert set(Pharmacy.objects.values_list("source_id", flat=True)) == {"C1", "C2"}
    listed = [f"{refusal['where']}: {refusal['reason']}" for refusal in done.refusals]
    assert len(listed) == 9
    assert any("C91: coordinates are swapped" in line for line in listed)
    assert any("C93: coordinates are not in Korea" in line for line in listed)
    assert any("C1 came before" in line for line in listed)
    assert any("C2: tue: no time" in line for line in listed)
    assert any("C96: wgs84Lat: Value error, no coordinate" in line for line in listed)
    assert done.rows_refused == 7  # the one without any coordinates is skipped by rule


def test_a_run_that_was_cut_off_goes_on_at_its_page(serve, small_pages):
    served = serve(pharmacies=rows(25))
    first = mirror.run_chunk(seconds=0)
    assert (first.done, first.run.next_page, Pharmacy.objects.count()) == (False, 2, 10)
    second = run()
    assert (second.pk, second.state, second.rows_read) == (first.run.pk, "complete", 25)
    assert served.calls("datagokr").total() == 3


def test_an_old_unfinished_run_is_not_gone_on_with(serve, small_pages):
    serve(pharmacies=rows(25))
    first = mirror.run_chunk(seconds=0).run
    PharmacyRun.objects.update(started_at=timezone.now() - RESUMABLE - timedelta(hours=1))
    assert run().pk != first.pk
    assert run(restart=True).pk != first.pk


def test_a_page_that_fails_is_reported_and_the_run_goes_on(serve, small_pages):
    served = serve(pharmacies=rows(35))
    mirror.run_chunk(seconds=0)
    served.set_fault("datagokr", "garbage", times=ATTEMPTS)
    done = run()
    assert (done.state, [failed["page"] for failed in done.failed_pages]) == ("incomplete", [2])
    assert Pharmacy.objects.count() == 25


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("garbage", {"shape": "list"}),
        ("no_items_with_total", {}),
        ("gateway_xml", {"code": 1}),
        ("gateway_xml", {"code": 99}),
        ("plain", {"code": 200, "text": "Unexpected errors"}),
        ("garbage", {"shape": '{"response":{"header":{"resultCode":"00"},"body":{"items":"","totalCount":0}}}'}),
        ("garbage", {"shape": '{"header":{"resultCode":"00"},"body":{"totalCount":15,"items":{"item":1}}}'}),
        ("html", {"code": 200}),
        ("empty", {}),
        ("truncated", {}),
        ("refused", {}),
        ("status", {"code": 500}),
    ],
)  # fmt: skip
def test_nonsense_changes_nothing_that_is_stored(serve, fault, options):
    served = serve(pharmacies=rows(15))
    run()
    before = list(Pharmacy.objects.values().order_by("id"))
    served.set_fault("datagokr", fault, **options)
    for _ in range(3):
        with pytest.raises(MirrorStopped):
            run()
    assert list(Pharmacy.objects.values().order_by("id")) == before


@pytest.mark.parametrize(("fault", "state"), [("quota", "running"), ("key", "failed")])
def test_quota_and_key_stop_the_run_at_its_page(serve, small_pages, fault, state):
    served = serve(pharmacies=rows(25))
    opened = mirror.run_chunk(seconds=0).run
    served.set_fault("datagokr", fault)
    with pytest.raises(MirrorStopped):
        run()
    opened.refresh_from_db()
    assert (opened.state, opened.next_page) == (state, 2)


def test_a_second_run_at_the_same_time_refuses(sources):
    with lease("mirror:pharmacies", seconds=30) as mine:
        assert mine
        with pytest.raises(MirrorBusy):
            run()
        with pytest.raises(CommandError, match="Another sync"):
            sync()


class TestVanished:
    """A pharmacy has closed down after two complete runs that did not show it, and is back when it shows up again."""

    def test_after_two_complete_runs(self, serve):
        serve(pharmacies=rows(10))
        run()
        serve(pharmacies=rows(9))
        assert run().rows_vanished == 0
        assert run().rows_vanished == 1
        assert Pharmacy.objects.get(vanished_at__isnull=False).source_id == "C0000010"
        serve(pharmacies=rows(10))
        assert run().rows_changed == 1
        assert not Pharmacy.objects.filter(vanished_at__isnull=False).exists()

    def test_not_when_only_a_file_knows_it(self, serve):
        store(source_id="C0000099")
        serve(pharmacies=rows(10))
        for _ in range(3):
            run()
        assert Pharmacy.objects.get(source_id="C0000099").vanished_at is None

    def test_a_row_that_was_merged_into_it_stands_by_itself_again(self, serve):
        served = rows(10)
        served[9] |= {"dutyName": "한빛약국", "wgs84Lat": metres_north(37.57, 500)}
        serve(pharmacies=served)
        other = store("한빛약국", served[9]["wgs84Lat"], source="kakao")
        run()
        other.refresh_from_db()
        assert other.merged_into.source_id == "C0000010"
        serve(pharmacies=served[:9])
        for _ in range(2):
            run()
        other.refresh_from_db()
        assert other.merged_into is None


def test_the_command_says_what_it_did(sources):
    out, _ = sync()
    assert "holidays." in out
    assert "complete: 324 of 324 read, 324 changed, 0 refused, 0 closed down" in out
    assert PublicHoliday.objects.filter(source="feed").count() > 30


def test_the_command_says_where_it_stopped(sources):
    sources.set_fault("datagokr", "key")
    with pytest.raises(CommandError, match="Stopped at page 1: KeyRefused") as caught:
        sync()
    assert caught.value.returncode == 1
    assert "Holidays could not be read" in str(caught.value)
    assert "sandbox-key" not in str(caught.value)
