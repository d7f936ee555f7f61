"""Labels from the permit detail: how each attempt ends, and whose turn it is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.cache import tiers as cache
from core.errors import VendorBadReply
from core.locks import lease
from medicines import client
from medicines.models import Medicine
from medicines.selectors.detail import LABEL_ABSENT
from medicines.selectors.tiers import write_list
from medicines.services.backfill import backfill, due_labels, fetch_label
from medicines.tests.factories import detail_row, permit_row, store_easy, store_permit

pytestmark = pytest.mark.django_db
DETAIL = client.DETAIL.name


def popular(item_seq="200000001", popularity=1.0, **values):
    medicine = store_permit(item_seq, f"가나정{item_seq[-1]}", **values)
    Medicine.objects.filter(pk=medicine.pk).update(popularity=popularity)
    return medicine


def outcome(item_seq="200000001"):
    return Medicine.objects.get(item_seq=item_seq).label_outcome


def test_a_label_is_fetched_and_the_cards_are_dropped(serve):
    popular()
    serve(permit=[permit_row()], permit_detail=[detail_row()])
    write_list("card:200000001", b"old")
    assert fetch_label(item_seq="200000001").outcome == "ready"
    medicine = Medicine.objects.get()
    assert (medicine.label_outcome, medicine.coverage) == ("ready", "permit")
    assert medicine.labels.get().efficacy == "두통"
    assert medicine.ingredients == ["가나민", "다라민"]
    assert cache().get("card:200000001") is None


def test_one_label_makes_no_list_old(client, serve, django_assert_num_queries):
    popular()
    serve(permit=[permit_row()], permit_detail=[detail_row()])
    client.get("/api/v1/medicines", {"q": "가나정1"})
    fetch_label(item_seq="200000001")
    with django_assert_num_queries(1):  # the card alone
        answer = client.get("/api/v1/medicines", {"q": "가나정1"})
    assert answer.json()["results"][0]["coverage"] == "permit"


def test_that_there_is_no_label_is_remembered(serve):
    popular()
    served = serve(permit=[permit_row()])
    assert fetch_label(item_seq="200000001").outcome == outcome() == "none"
    assert backfill().outcomes == {}
    assert served.calls("datagokr")[DETAIL] == 1
    Medicine.objects.update(label_tried_at=timezone.now() - LABEL_ABSENT - timedelta(days=1))
    assert backfill().outcomes == {"none": 1}


def test_a_product_that_the_source_does_not_have(serve):
    popular("200000009")
    serve(permit=[permit_row()])
    assert fetch_label(item_seq="200000009").outcome == "none"


def test_an_unreadable_label_is_refused(serve):
    popular()
    serve(permit=[permit_row()], permit_detail=[detail_row(EE_DOC_DATA="<DOC>")])
    assert fetch_label(item_seq="200000001").outcome == outcome() == "refused"


def test_a_source_that_is_down_is_no_missing_label(sources):
    popular()
    sources.set_fault("datagokr", "garbage")
    fetched = fetch_label(item_seq="200000001")
    assert (fetched.outcome, outcome()) == ("source_down", "source_down")
    assert isinstance(fetched.error, VendorBadReply)


def test_an_unknown_medicine_and_one_in_hand_are_not_asked_for(sources):
    assert fetch_label(item_seq="999999999").outcome == "unknown"
    popular()
    with lease("label:200000001", seconds=30):
        assert fetch_label(item_seq="200000001").outcome == "busy"
    assert sources.calls("datagokr").total() == 0


def test_whose_turn_it_is(db):
    popular("200000001", 1)
    popular("200000002", 9)
    popular("200000003", 0)
    popular("200000004", 5, SPCLTY_PBLC="일반의약품")
    popular("200000005", 5, CANCEL_NAME="취하")
    popular("200000006", 5)
    store_easy("200000006", "가나정6")
    assert due_labels(limit=10) == ["200000002", "200000001"]


def test_the_backfill_does_the_popular_ones(serve):
    rows = [(f"20000000{n}", f"가나정{n}") for n in range(1, 6)]
    for item_seq, _ in rows:
        popular(item_seq)
    serve(permit=[permit_row(*row) for row in rows], permit_detail=[detail_row(*row) for row in rows])
    done = backfill()
    assert (done.outcomes, done.more) == ({"ready": 5}, False)
    assert backfill().outcomes == {}


def test_a_stretch_that_is_over_says_that_there_is_more(sources):
    popular()
    assert backfill(seconds=0).more


def test_the_backfill_stops_when_the_source_is_down(sources):
    for n in range(1, 8):
        popular(f"20000000{n}")
    sources.set_fault("datagokr", "garbage")
    assert backfill().outcomes == {"source_down": 3}


def test_the_backfill_leaves_calls_to_people(serve, settings):
    settings.DATA_GO_KR_DAILY_BUDGET = 500
    popular()
    served = serve(permit=[permit_row()], permit_detail=[detail_row()])
    assert backfill().outcomes == {}
    assert served.calls("datagokr").total() == 0


@pytest.mark.timeout(20)
def test_a_label_that_another_caller_has_in_hand_is_left_to_it(serve):
    rows = [("200000001", "가나정1"), ("200000002", "가나정2")]
    for item_seq, _ in rows:
        popular(item_seq)
    serve(permit=[permit_row(*row) for row in rows], permit_detail=[detail_row(*row) for row in rows])
    with lease("label:200000001", seconds=60):
        done = backfill()
    assert (done.outcomes, done.more) == ({"busy": 1, "ready": 1}, False)
