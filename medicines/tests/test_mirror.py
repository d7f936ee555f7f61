"""The mirror over real HTTP: page by page, resumable, and never believing nonsense."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import stores
from core.locks import acquire, lease
from core.mirroring import ATTEMPTS, RESUMABLE, MirrorBusy, MirrorStopped
from medicines import client
from medicines.models import Medicine, MedicineBrand, MedicineCache, MedicineIngredient, MirrorRun
from medicines.services import mirror
from medicines.tests.factories import easy_row, ingredient_row, permit_row, store_easy

pytestmark = pytest.mark.django_db


def run(source="easy", **options):
    return mirror.run_chunk(source=source, backoff=0, **options).run


def rows(count, first=1, make=easy_row):
    return [make(f"2000{n:05}", f"가나정{n}") for n in range(first, first + count)]


def sync(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("sync_medicines", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_a_whole_run_of_each_source(sources):
    for source in mirror.SOURCES:
        done = run(source)
        assert (done.state, done.failed_pages, done.refusals) == ("complete", [], [])
        assert done.rows_read == done.total_count > 150
    assert Medicine.objects.filter(coverage="easy").count() == MedicineCache.objects.count()
    brufen = Medicine.objects.get(item_seq="197700120")
    assert (brufen.ingredients, brufen.status) == (["이부프로펜"], "active")


def test_a_second_run_changes_nothing(sources):
    assert run().rows_changed > 150
    second = run()
    assert (second.state, second.rows_changed) == ("complete", 0)


def test_a_run_that_was_cut_off_goes_on_at_its_page(serve):
    served = serve(easydrug=rows(250))
    first = mirror.run_chunk(source="easy", seconds=0)
    assert (first.done, first.run.next_page, Medicine.objects.count()) == (False, 2, 100)
    second = run()
    assert second.pk == first.run.pk
    assert (second.state, second.rows_read, Medicine.objects.count()) == ("complete", 250, 250)
    assert served.calls("datagokr").total() == 3


def test_restart_begins_anew(serve):
    serve(easydrug=rows(250))
    first = mirror.run_chunk(source="easy", seconds=0).run
    assert run(restart=True).pk != first.pk
    first.refresh_from_db()
    assert first.state == "incomplete"


def test_an_old_unfinished_run_is_not_gone_on_with(serve):
    serve(easydrug=rows(250))
    first = mirror.run_chunk(source="easy", seconds=0).run
    MirrorRun.objects.filter(pk=first.pk).update(started_at=timezone.now() - RESUMABLE * 2)
    assert run().pk != first.pk


def test_a_run_that_died_after_its_last_page_ends_when_gone_on_with(serve):
    serve(easydrug=rows(150))
    opened = mirror.open_run(source="easy")
    mirror.step(run=opened)
    mirror.step(run=opened)
    done = run()
    assert (done.pk, done.state, done.rows_read) == (opened.pk, "complete", 150)


def test_a_page_that_fails_for_a_moment_is_retried(serve):
    served = serve(easydrug=rows(250))
    served.set_fault("datagokr", "garbage", times=2)
    done = run()
    assert (done.state, done.failed_pages, served.calls("datagokr").total()) == ("complete", [], 5)


def test_a_failed_page_is_reported_and_the_run_goes_on(serve):
    served = serve(easydrug=rows(350))
    opened = mirror.open_run(source="easy")
    mirror.step(run=opened)
    served.set_fault("datagokr", "garbage", times=ATTEMPTS)
    done = run()
    assert done.state == "incomplete"
    assert [failed["page"] for failed in done.failed_pages] == [2]
    assert Medicine.objects.count() == 250


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("garbage", {"shape": "list"}),
        ("no_items_with_total", {}),
        ("garbage", {"shape": '{"header":{"resultCode":"00"},"body":{"pageNo":1,"totalCount":0}}'}),
        ("garbage", {"shape": '{"header":{"resultCode":"00"},"body":{"totalCount":1,"items":[{"itemSeq":"1"}]}}'}),
        ("garbage", {"shape": '{"header":{"resultCode":"00"},"body":{"totalCount":150,"items":[{"NAME":"1"}]}}'}),
        ("html", {"code": 200}),
        ("empty", {}),
        ("truncated", {}),
        ("refused", {}),
        ("status", {"code": 500}),
    ],
)
def test_nonsense_changes_nothing_that_is_stored(serve, fault, options):
    served = serve(easydrug=rows(150))
    run()
    before = list(Medicine.objects.values().order_by("id")), list(MedicineCache.objects.values().order_by("id"))
    served.set_fault("datagokr", fault, **options)
    for _ in range(3):
        with pytest.raises(MirrorStopped):
            run()
    after = list(Medicine.objects.values().order_by("id")), list(MedicineCache.objects.values().order_by("id"))
    assert after == before


@pytest.mark.parametrize(
    ("fault", "options", "state"),
    [("quota", {}, "running"), ("quota", {"code": 30, "http": 403}, "failed"), ("key", {}, "failed")],
)
def test_quota_and_key_stop_the_run_at_its_page(serve, fault, options, state):
    served = serve(easydrug=rows(250))
    opened = mirror.open_run(source="easy")
    mirror.step(run=opened)
    served.set_fault("datagokr", fault, **options)
    with pytest.raises(MirrorStopped):
        run()
    opened.refresh_from_db()
    assert (opened.state, opened.next_page, opened.failed_pages) == (state, 2, [])
    assert served.calls("datagokr").total() == 2


def test_a_source_that_went_down_is_gone_on_with_where_it_went_down(serve):
    served = serve(easydrug=rows(650))
    opened = mirror.open_run(source="easy")
    mirror.step(run=opened)
    served.set_fault("datagokr", "latency", seconds=0)
    served.set_fault("datagokr", "no_items_with_total", total=650)
    with pytest.raises(MirrorStopped):
        run()
    opened.refresh_from_db()
    assert (opened.state, opened.next_page, opened.failed_pages) == ("running", 2, [])


def test_the_first_source_that_the_night_left_unfinished_is_found(serve):
    served = serve(easydrug=rows(150), permit=rows(3, make=permit_row))
    assert mirror.first_behind() is None
    run("easy")
    assert mirror.first_behind() == "permit"
    served.set_fault("datagokr", "no_items_with_total", total=650)
    with pytest.raises(MirrorStopped):
        run("permit")
    assert mirror.first_behind() == "permit"


def test_a_second_sync_at_the_same_time_refuses(sources):
    with lease("mirror:easy", seconds=30) as mine:
        assert mine
        with pytest.raises(MirrorBusy):
            run()
        with pytest.raises(CommandError, match="another sync"):
            sync("--source", "easy", "--wait", "0")
    assert not MirrorRun.objects.exists()


def test_a_sync_goes_on_after_one_that_was_killed(serve):
    """The killed one's lease, which nobody renews, is waited for."""
    serve(easydrug=rows(250))
    killed = mirror.run_chunk(source="easy", seconds=0).run
    assert acquire("mirror:easy", seconds=1)
    _, err = sync("--source", "easy")
    assert "was killed a moment ago" in err
    killed.refresh_from_db()
    assert (killed.state, killed.rows_read) == ("complete", 250)


def test_a_sync_whose_lease_is_anothers_by_now_stops(serve):
    serve(easydrug=rows(250))

    def lose(*_):
        stores.broker.client.set("pilling:lock:mirror:easy", "another")

    with pytest.raises(MirrorBusy):
        run(on_page=lose)
    assert MirrorRun.objects.get().next_page == 2


def test_one_busy_source_does_not_keep_the_others_from_being_found(sources):
    with lease("mirror:permit", seconds=30), pytest.raises(CommandError, match="permit: another sync"):
        sync("--wait", "0")
    assert MirrorRun.objects.get(source="easy").state == "complete"
    assert MedicineBrand.objects.exists()


def test_the_command_says_why_a_page_failed(serve):
    served = serve(easydrug=rows(350))
    mirror.step(run=mirror.open_run(source="easy"))
    served.set_fault("datagokr", "garbage", times=ATTEMPTS)
    with pytest.raises(CommandError, match=r"could not be read: 2 \(VendorBadReply"):
        sync("--source", "easy")


def test_a_total_that_leaps_within_a_run_is_not_believed(serve):
    served = serve(easydrug=rows(250))
    mirror.step(run=mirror.open_run(source="easy"))
    leapt = {"header": {"resultCode": "00"}, "body": {"pageNo": 2, "totalCount": 900_000, "items": rows(100, 101)}}
    served.set_fault("datagokr", "garbage", shape=json.dumps(leapt), times=1)
    done = run()
    assert (done.state, done.total_count, done.rows_read) == ("complete", 250, 250)


def test_a_page_with_too_few_rows_is_asked_for_again(serve):
    served = serve(easydrug=rows(250))
    mirror.step(run=mirror.open_run(source="easy"))
    short = {"header": {"resultCode": "00"}, "body": {"pageNo": 2, "totalCount": 250, "items": rows(3, 101)}}
    served.set_fault("datagokr", "garbage", shape=json.dumps(short), times=1)
    done = run()
    assert (done.state, done.rows_read, Medicine.objects.count()) == ("complete", 250, 250)


def test_a_bad_row_that_is_alone_on_the_last_page_is_refused_by_itself(serve):
    serve(easydrug=[*rows(100), easy_row("200000901", "")])
    done = run()
    assert (done.state, done.rows_read, done.rows_refused) == ("complete", 101, 1)


class TestVanished:
    """A product is gone after two complete runs that did not show it, and back when it shows up again."""

    def test_after_two_complete_runs(self, serve):
        serve(easydrug=rows(150))
        run()
        serve(easydrug=rows(149))
        assert run().rows_vanished == 0
        assert run().rows_vanished == 1
        gone = Medicine.objects.get(item_seq="200000150")
        assert (gone.status, gone.vanished_at is not None) == ("withdrawn", True)
        assert gone.labels.exists()
        assert run().rows_vanished == 0
        serve(easydrug=rows(150))
        assert run().rows_changed == 1
        gone.refresh_from_db()
        assert (gone.status, gone.vanished_at) == ("unknown", None)

    def test_not_when_a_run_between_was_incomplete(self, serve):
        serve(easydrug=rows(250))
        run()
        short = serve(easydrug=rows(249))
        run()
        opened = mirror.open_run(source="easy")
        mirror.step(run=opened)
        short.set_fault("datagokr", "garbage", times=ATTEMPTS)
        assert run().state == "incomplete"
        assert run().state == "complete"
        assert not Medicine.objects.exclude(vanished_at=None).exists()

    def test_not_while_the_other_source_shows_it(self, serve):
        serve(easydrug=rows(150), permit=rows(150, make=permit_row))
        run("easy")
        run("permit")
        serve(easydrug=rows(149), permit=rows(150, make=permit_row))
        for _ in range(3):
            run("easy")
            run("permit")
        assert not Medicine.objects.exclude(vanished_at=None).exists()
        serve(easydrug=rows(149), permit=rows(149, make=permit_row))
        run("permit")
        run("permit")
        assert Medicine.objects.exclude(vanished_at=None).get().item_seq == "200000150"

    def test_not_when_only_a_file_ever_showed_it(self, serve):
        store_easy("300000001", "파일정")
        serve(easydrug=rows(150))
        for _ in range(3):
            run()
        assert Medicine.objects.get(item_seq="300000001").vanished_at is None

    def test_not_by_a_source_that_sends_one_page_for_another(self, serve):
        served = serve(easydrug=rows(200))
        run()
        first = {"header": {"resultCode": "00"}, "body": {"totalCount": 200, "items": rows(100)}}
        served.set_fault("datagokr", "garbage", shape=json.dumps(first))
        assert [run().state for _ in range(3)] == ["incomplete"] * 3
        assert not Medicine.objects.exclude(vanished_at=None).exists()

    def test_no_other_writer_comes_between_reading_and_writing(self, serve):
        serve(easydrug=rows(150))
        run()
        serve(easydrug=rows(149))
        run()
        opened = mirror.open_run(source="easy")
        mirror.step(run=opened)
        mirror.step(run=opened)
        with CaptureQueriesContext(connection) as queries:
            assert mirror.finish(run=opened) == {"200000150"}
        statements = [query["sql"] for query in queries]
        locked = next(place for place, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql)
        read = next(place for place, sql in enumerate(statements) if '"medicine"."source_facts"' in sql)
        assert locked < read

    def test_a_list_that_shrank_is_not_believed(self, serve):
        serve(easydrug=rows(150))
        run()
        serve(easydrug=rows(100))
        for _ in range(3):
            with pytest.raises(MirrorStopped, match="a total of 100 after 150"):
                run()
        assert not Medicine.objects.exclude(vanished_at=None).exists()


def test_ingredients_that_a_product_no_longer_has_go_with_a_complete_run(serve):
    serve(permit=[permit_row()], ingredients=[ingredient_row("200000001", n, f"가나민{n}") for n in (1, 2)])
    run("permit")
    run("ingredients")
    assert Medicine.objects.get().ingredients == ["가나민1", "가나민2"]
    serve(permit=[permit_row()], ingredients=[ingredient_row("200000001", 2, "가나민2")])
    # A list of two that became one is not believed at once.
    MirrorRun.objects.update(total_count=1)
    run("ingredients")
    assert Medicine.objects.get().ingredients == ["가나민2"]
    assert MedicineIngredient.objects.count() == 1


def test_skipped_and_refused_rows_are_counted_with_why(serve):
    bad = [easy_row(None, "번호없는정"), easy_row("200000900", ""), easy_row("200000901", "날짜정", updateDe="어제")]
    serve(easydrug=[*rows(100), *bad])
    done = run()
    assert (done.state, done.rows_read, done.rows_skipped, done.rows_refused) == ("complete", 103, 1, 2)
    assert sorted(refusal["reason"] for refusal in done.refusals) == ["no date: '어제'", "no name"]


def test_the_command_shows_a_table(sources):
    out, _ = sync()
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["source", "state"],
        ["easy", "complete"],
        ["permit", "complete"],
        ["ingredients", "complete"],
    ]
    assert MedicineBrand.objects.exists()


def test_the_command_says_where_it_stopped(sources):
    sources.set_fault("datagokr", "key")
    with pytest.raises(CommandError, match="stopped at page 1: KeyRefused") as caught:
        sync("--source", "easy")
    assert caught.value.returncode == 1
    assert "sandbox-key" not in str(caught.value)


def test_a_page_asks_for_a_hundred_rows(sources):
    run()
    request = sources.last_requests("datagokr")[0].params
    assert (request["numOfRows"], request["type"]) == (str(client.PAGE_ROWS), "json")
