"""Kakao over real HTTP: asked once about a cell, cut when it is too full, and never in the way when it is down."""

import contextlib
import threading
from datetime import timedelta

import h3
import pytest
from django.db import connection
from django.utils import timezone

from core import breaker, stores
from core.cache import tiers
from core.errors import BudgetExhausted, VendorError, VendorRefused
from pharmacies import tasks
from pharmacies.cells import cell_of, cells_around, rect_of
from pharmacies.kakao_client import VENDOR
from pharmacies.models import Pharmacy, PharmacyCell
from pharmacies.services import kakao, kakao_quota
from pharmacies.tests.factories import CITY_HALL, metres_north, store

pytestmark = pytest.mark.django_db
URL = "/api/v1/pharmacies"
LAT, LNG = CITY_HALL
CELL = cell_of(LAT, LNG)


def place(number, name="새약국", lat=LAT, lng=LNG, **more):
    return {
        "place_name": name, "distance": "", "place_url": f"http://place.map.kakao.com/{number}", "id": str(number),
        "category_name": "의료,건강 > 약국", "address_name": "서울 중구 1", "road_address_name": "", "phone": "",
        "category_group_code": "PM9", "category_group_name": "약국", "x": repr(lng), "y": repr(lat),
    } | more  # fmt: skip


def crowd(count):
    """So many places spread over the cell."""
    rect = rect_of(CELL)
    shares = [((number * 7 % count + 0.5) / count, (number + 0.5) / count) for number in range(count)]
    lats = [rect.south + (rect.north - rect.south) * north for north, _ in shares]
    lngs = [rect.west + (rect.east - rect.west) * east for _, east in shares]
    return [place(number, f"새{number}약국", lats[number], lngs[number]) for number in range(count)]


def ask(client, **params):
    answer = client.get(URL, {"lat": LAT, "lng": LNG, "radius": 300, **params})
    assert answer.status_code == 200, answer.content
    return answer


def calls(standins):
    return standins.calls("kakao_local")["category"]


@pytest.fixture
def sent(monkeypatch):
    """The cells for which a task was sent, instead of a worker."""
    cells = []
    monkeypatch.setattr(tasks.fetch_cell, "apply_async", lambda args, kwargs, **_: cells.append(args[0]))
    return cells


def test_a_new_pharmacy_is_found_at_the_first_need(client, serve, django_capture_on_commit_callbacks, sent):
    served = serve(kakao_places=[place(1, "새로연약국", metres_north(LAT, 100), phone="02-000-1111")])
    with django_capture_on_commit_callbacks(execute=True):
        body = ask(client).json()
    assert (body["kakao"], body["stale"]) == ("fresh", False)
    row = body["results"][0]
    assert (row["name"], row["state"], row["state_reason"]) == ("새로연약국", "unknown", "no_hours")
    assert [source["name"] for source in row["sources"]] == ["kakao"]
    assert calls(served) == 1
    assert ask(client).json()["results"] == body["results"]
    assert calls(served) == 1


def test_what_a_cell_holds_outlives_the_caches(client, serve, sent):
    served = serve(kakao_places=[place(1)])
    ask(client)
    tiers().memory._reset()
    stores.cache.client.flushdb()
    assert ask(client).json()["kakao"] == "fresh"
    assert calls(served) == 1


def test_the_same_place_of_both_sources_is_shown_once(client, serve, sent):
    store("보기 약국", LAT, LNG)
    serve(kakao_places=[place(1, "보기약국", metres_north(LAT, 15), phone="02-000-1111")])
    (row,) = ask(client).json()["results"]
    assert [source["name"] for source in row["sources"]] == ["nemc", "kakao"]
    assert 0.9 <= row["sources"][1]["confidence"] <= 1
    assert row["phone"] == "02-000-1111"
    merged = Pharmacy.objects.get(source="kakao")
    assert client.get(f"{URL}/{merged.pk}").json()["id"] == row["id"]


def test_neighbouring_cells_are_left_to_a_task(client, serve, sent, django_capture_on_commit_callbacks):
    served = serve(kakao_places=[])
    corner = dict(zip(("lat", "lng"), h3.cell_to_boundary(CELL)[0], strict=True))
    around = cells_around(*corner.values(), kakao.REACH_METRES)
    assert len(around) == 3
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            ask(client, **corner, radius=20_000)
    assert sorted(sent) == sorted(around[1:])
    assert calls(served) == 1
    for cell in sent:
        tasks.fetch_cell(cell)
        tasks.fetch_cell(cell)
    assert calls(served) == len(around)


def test_a_crowded_cell_is_left_to_a_task(client, serve, sent, django_capture_on_commit_callbacks):
    served = serve(kakao_places=[place(1)])
    for row in crowd(kakao.CROWD + 1):
        store(f"{row['id']}약국", float(row["y"]), float(row["x"]))
    with django_capture_on_commit_callbacks(execute=True):
        body = ask(client, radius=20_000, limit=50).json()
    assert (body["kakao"], len(body["results"]), sent[0], calls(served)) == ("pending", 50, CELL, 0)


def test_a_cell_with_more_than_45_is_cut(serve):
    served = serve(kakao_places=crowd(130))
    kakao.fetch(cell=CELL)
    assert Pharmacy.objects.filter(source="kakao").count() == 130
    cell = PharmacyCell.objects.get()
    assert (cell.places, cell.calls) == (130, calls(served))
    assert calls(served) < 25


def test_what_is_stored_spares_the_calls_that_would_only_show_a_crowd(serve):
    served = serve(kakao_places=crowd(130))
    kakao.fetch(cell=CELL)
    first = calls(served)
    served.reset_calls()
    kakao.fetch(cell=CELL)
    assert calls(served) < first


def test_a_market_hall_of_places_on_one_spot_ends(serve):
    serve(kakao_places=[place(number, f"새{number}약국") for number in range(60)])
    kakao.fetch(cell=CELL)
    assert 15 < Pharmacy.objects.filter(source="kakao").count() <= 60


def test_a_thousand_at_once_make_one_flight(serve, transactional_db):
    served = serve(kakao_places=[place(1)])
    served.set("kakao_seconds", 0.3)
    kakao._places.free = threading.BoundedSemaphore(100)
    seen = []

    def one():
        seen.append(kakao.cover(lat=LAT, lng=LNG, radius=100).heard)

    threads = [threading.Thread(target=_closing(one)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["fresh"] * 12
    assert calls(served) == 1


def _closing(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    return run


FAULTS = {
    "429": ("quota", {}),
    "400 with code -10": ("quota", {"code": 400}),
    "key": ("key", {}),
    "disabled": ("disabled", {}),
    "502 HTML": ("status", {"code": 502, "body": "html"}),
    "503 empty": ("status", {"code": 503, "body": "empty"}),
    "200 HTML": ("html", {"code": 200}),
    "garbage": ("garbage", {}),
    "a list": ("garbage", {"shape": "list"}),
    "no documents": ("garbage", {"shape": '{"meta":{"total_count":3}}'}),
    "a total of text": ("garbage", {"shape": '{"meta":{"total_count":"3"},"documents":[]}'}),
    "code -10 at 200": ("garbage", {"shape": '{"code":-10,"msg":"API limit has been exceeded."}'}),
    "truncated": ("truncated", {}),
    "reset": ("reset", {}),
    "refused": ("refused", {}),
}


@pytest.mark.parametrize(("kind", "options"), FAULTS.values(), ids=FAULTS.keys())
def test_kakao_down_the_stored_rows_marked(client, serve, sent, kind, options):
    served = serve(kakao_places=[place(1)])
    store("보기약국", LAT, LNG)
    served.set_fault("kakao_local", kind, **options)
    answer = ask(client)
    body = answer.json()
    assert (body["kakao"], body["stale"], answer["X-Cache"]) == ("down", True, "stale")
    assert [row["name"] for row in body["results"]] == ["보기약국"]
    assert PharmacyCell.objects.get().fetched_at is None
    asked = calls(served)
    assert ask(client).json()["kakao"] == "down"
    assert calls(served) == asked


def test_a_kakao_that_hangs_is_waited_for_once(client, serve, sent, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(kakao, "WAIT_SECONDS", 0.2)
    served = serve(kakao_places=[place(1)])
    served.set_fault("kakao_local", "latency", seconds=5)
    with django_capture_on_commit_callbacks(execute=True):
        answer = ask(client)
    assert (answer.json()["kakao"], answer["Retry-After"]) == ("pending", "5")
    assert CELL in sent
    asked = calls(served)
    assert ask(client, lat=35.1577, lng=129.0594).json()["kakao"] == "pending"
    assert calls(served) == asked


@pytest.mark.django_db(transaction=True)
def test_a_cell_that_cannot_be_stored_is_left_to_a_task(client, serve, sent):
    """Another holds the table longer than a reader's statement may wait."""
    serve(kakao_places=[place(1)])
    store("보기약국", LAT, LNG)
    with contextlib.closing(connection.copy()) as other, other.cursor() as holding, connection.cursor() as mine:
        holding.execute("BEGIN")
        holding.execute("LOCK TABLE pharmacy_cell IN EXCLUSIVE MODE")
        mine.execute("SET statement_timeout = 500")
        try:
            answer = ask(client)
        finally:
            mine.execute("RESET statement_timeout")
    assert (answer.json()["kakao"], answer["Retry-After"]) == ("pending", "5")
    assert [row["name"] for row in answer.json()["results"]] == ["보기약국"]
    assert sent == [CELL]


def test_without_a_key_nobody_is_asked(client, serve, settings, sent):
    served = serve(kakao_places=[place(1)])
    settings.KAKAO_REST_API_KEY = ""
    body = ask(client).json()
    assert (body["kakao"], body["stale"], body["results"]) == ("off", False, [])
    assert calls(served) == 0


@pytest.mark.parametrize("kind", ["quota", "key"])
def test_after_a_refusal_all_calls_rest(serve, kind):
    served = serve(kakao_places=[place(1)])
    served.set_fault("kakao_local", kind)
    with pytest.raises(VendorRefused):
        kakao.fetch(cell=CELL)
    served.clear_faults()
    with pytest.raises(BudgetExhausted):
        kakao.fetch(cell=cell_of(35.1577, 129.0594))
    assert calls(served) == 1
    assert kakao.due(limit=9) == []


def test_the_day_has_a_budget(serve, settings):
    served = serve(kakao_places=crowd(40))
    settings.KAKAO_LOCAL_DAILY_BUDGET = 2
    with pytest.raises(BudgetExhausted):
        kakao.fetch(cell=CELL)
    assert calls(served) == 2
    assert not Pharmacy.objects.exists()


def test_the_breaker_opens_after_five_failures(serve, settings):
    served = serve(kakao_places=[])
    served.set_fault("kakao_local", "reset")
    for _ in range(6):
        with pytest.raises(VendorError):
            kakao.fetch(cell=CELL)
    assert breaker.state(VENDOR) == "open"
    asked = calls(served)
    with pytest.raises(VendorError):
        kakao.fetch(cell=CELL)
    assert calls(served) == asked


def test_a_place_that_kakao_no_longer_shows_is_gone(serve):
    serve(kakao_places=[place(1), place(2, "둘째약국")])
    kakao.fetch(cell=CELL)
    serve(kakao_places=[place(2, "둘째약국")])
    kakao.fetch(cell=CELL)
    assert list(Pharmacy.objects.filter(vanished_at=None).values_list("source_id", flat=True)) == ["2"]
    serve(kakao_places=[place(1), place(2, "둘째약국")])
    kakao.fetch(cell=CELL)
    assert Pharmacy.objects.filter(vanished_at=None).count() == 2


def test_bad_places_leave_the_good_ones(serve):
    bad = [place(4, ""), place("", "이름"), place(5, category_group_code="HP8"), place(1, "또 하나")]
    serve(kakao_places=[place(1), *bad])
    kakao.fetch(cell=CELL)
    assert list(Pharmacy.objects.values_list("source_id", flat=True)) == ["1"]


def test_old_cells_are_due_again(serve, settings):
    serve(kakao_places=[])
    kakao.fetch(cell=CELL)
    PharmacyCell.objects.update(tried_at=timezone.now() - timedelta(days=31))
    assert kakao.due(limit=9) == []
    PharmacyCell.objects.update(fetched_at=timezone.now() - timedelta(days=31))
    assert kakao.due(limit=9) == [CELL]
    settings.KAKAO_REST_API_KEY = ""
    assert kakao.due(limit=9) == []


def test_the_quota_survives_a_dead_redis(killable):
    killable.kill()
    kakao_quota.spend()
    kakao_quota.rest(5)
    assert not kakao_quota.is_resting()
