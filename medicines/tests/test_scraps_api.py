"""Scraps over HTTP: kept, listed by category, edited, deleted; each person's own."""

import threading
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.signing import bearer
from accounts.tests.together import behind
from core import personal_data
from core.errors import Conflict
from medicines.models import Medicine, Scrap
from medicines.services.scraps import create_scrap
from medicines.tests.factories import store_easy, store_permit

pytestmark = pytest.mark.django_db
URL = "/api/v1/scraps"
JSON = "application/json"


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.THROTTLE_ENABLED = False


@pytest.fixture
def user():
    return User.objects.create_user(kakao_sub="1000:1", nickname="연습1")


@pytest.fixture
def signed(user):
    return bearer(user)


@pytest.fixture
def keep(client, signed):
    def post(status=201, **body):
        answer = client.post(URL, {"medicine_name": "가나정", "category": "감기"} | body, content_type=JSON, **signed)
        assert answer.status_code == status, answer.content.decode()
        return answer.json()

    return post


def test_a_product_is_kept_with_its_card(client, signed, keep):
    store_easy("200000001", "가나정")
    made = keep(item_seq="200000001", medicine_name="우리 아이 약", notes="식후")
    assert (made["medicine_name"], made["notes"]) == ("우리 아이 약", "식후")
    assert made["medicine"]["item_name"] == "가나정"
    assert client.get(f"{URL}/{made['id']}", **signed).json() == made


def test_free_text_is_kept_without_a_card(keep):
    assert keep(medicine_name="할머니 물약")["medicine"] is None


def test_a_withdrawn_product_can_be_kept_and_one_that_went_stays(client, signed, keep):
    store_permit("200000001", "가나정", CANCEL_NAME="취하")
    made = keep(item_seq="200000001")
    assert made["medicine"]["status"] == "withdrawn"
    Medicine.objects.all().delete()
    left = client.get(f"{URL}/{made['id']}", **signed).json()
    assert (left["medicine"], left["medicine_name"], left["item_seq"]) == (None, "가나정", "200000001")


def test_the_same_medicine_in_the_same_category_is_409(keep):
    keep(medicine_name="가나정 500mg")
    assert keep(409, medicine_name="가나정500밀리그램")["type"] == "/problems/conflict"
    keep(medicine_name="가나정 500mg", category="두통")


def test_a_second_tap_is_no_error_in_the_databases_log(keep):
    """Which would hold the medicine's name."""
    keep()
    with CaptureQueriesContext(connection) as done:
        keep(409)
    assert not any('INSERT INTO "scrap"' in query["sql"] for query in done.captured_queries)


@pytest.mark.django_db(transaction=True)
def test_of_ten_taps_at_once_one_is_kept(user):
    told = []

    def tap():
        try:
            told.append(create_scrap(user_id=user.pk, given={"medicine_name": "가나정", "category": "감기"}).pk)
        except Conflict:
            told.append(None)
        connection.close()

    threads = [threading.Thread(target=tap) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 10
    assert sorted(filter(None, told)) == list(Scrap.objects.values_list("pk", flat=True))
    assert Scrap.objects.count() == 1


def test_two_people_keep_the_same(client, keep):
    keep()
    other = bearer(User.objects.create_user(kakao_sub="1000:2"))
    body = {"medicine_name": "가나정", "category": "감기"}
    assert client.post(URL, body, content_type=JSON, **other).status_code == 201


def test_pages_forth_and_back(client, signed, keep):
    ids = [keep(medicine_name=f"약{number}", category="가" if number % 2 else "나")["id"] for number in range(7)][::-1]

    def page(url):
        answer = client.get(url, **signed).json()
        return [row["id"] for row in answer["results"]], answer["next"], answer["previous"]

    first, following, before = page(URL + "?limit=3")
    assert (first, before) == (ids[:3], None)
    second, further, back = page(following)
    assert second == ids[3:6]
    assert page(further)[:2] == (ids[6:], None)
    assert page(back)[0] == first
    assert page(URL + "?category=가&limit=2")[0] == [row for row in ids if row in ids[1::2]][:2]
    keep(medicine_name="새 약")
    assert page(following)[0] == second


def test_edit_and_delete(client, signed, keep):
    made = keep()
    url = f"{URL}/{made['id']}"
    seen = client.get(url, **signed)["ETag"]
    changed = client.patch(url, {"category": "두통", "notes": "밤에"}, content_type=JSON, HTTP_IF_MATCH=seen, **signed)
    assert (changed.json()["category"], changed.json()["notes"]) == ("두통", "밤에")
    late = client.patch(url, {"notes": "x"}, content_type=JSON, HTTP_IF_MATCH=seen, **signed)
    assert late.status_code == client.delete(url, HTTP_IF_MATCH=seen, **signed).status_code == 412
    assert client.delete(url, HTTP_IF_MATCH=changed["ETag"], **signed).status_code == 204
    assert client.get(url, **signed).status_code == 404


def test_what_a_phone_has_is_not_sent_again(client, signed, keep):
    """The card in a scrap changes by itself: then the phone is sent it, and an edit begun before is not refused."""
    store_permit("200000001", "나다정")
    made = keep(item_seq="200000001", medicine_name="나다정")
    url = f"{URL}/{made['id']}"
    for path in (url, URL):
        read = client.get(path, **signed)
        assert (read["Cache-Control"], "Authorization" in read["Vary"]) == ("private, no-cache", True)
        again = client.get(path, HTTP_IF_NONE_MATCH=read["ETag"], **signed)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", read["ETag"])
    seen = client.get(url, **signed)["ETag"]
    Medicine.objects.filter(item_seq="200000001").update(entp_name="라마제약")
    assert client.get(url, HTTP_IF_NONE_MATCH=seen, **signed).json()["medicine"]["entp_name"] == "라마제약"
    edited = client.patch(url, {"notes": "밤에"}, content_type=JSON, HTTP_IF_MATCH=seen, **signed)
    assert edited.status_code == 200
    assert client.delete(url, HTTP_IF_MATCH=seen, **signed).status_code == 412


def _patch(url, signed, body, **headers):
    return Client().patch(url, body, content_type=JSON, **headers, **signed)


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_that_saw_the_same_one_is_told_to_read_again(client, signed, keep):
    url = f"{URL}/{keep()['id']}"
    seen = client.get(url, **signed)["ETag"]
    changes = ({"notes": "아침"}, {"category": "두통"})
    phones = [partial(_patch, url, signed, body, HTTP_IF_MATCH=seen) for body in changes]
    with behind(Scrap.objects.select_for_update().get, *phones) as answers:
        pass
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    kept = next(answer.json() for answer in answers if answer.status_code == 200)
    assert client.get(url, **signed).json() == kept


@pytest.mark.django_db(transaction=True)
def test_a_change_does_not_bring_back_what_is_deleted_meanwhile(signed, keep):
    url = f"{URL}/{keep()['id']}"
    with behind(Scrap.objects.select_for_update().get, lambda: _patch(url, signed, {"notes": "아침"})) as answers:
        Scrap.objects.all().delete()
    assert answers[0].status_code == 404
    assert not Scrap.objects.exists()


def test_moving_onto_another_is_409_and_changes_nothing(client, signed, keep):
    keep(category="두통")
    made = keep(category="감기")
    answer = client.patch(f"{URL}/{made['id']}", {"category": "두통"}, content_type=JSON, **signed)
    assert answer.status_code == 409
    assert Scrap.objects.get(pk=made["id"]).category == "감기"


@pytest.mark.parametrize(
    "body",
    [{}, {"medicine_name": "가", "category": ""}, {"medicine_name": "가", "category": "ㄱ" * 21}, {"category": "감기"},
     {"medicine_name": "가", "category": "감기", "notes": "가" * 2_001}, {"item_seq": "12a", "category": "감기"},
     {"item_seq": "999999999", "category": "감기"}, {"medicine_name": "가\0", "category": "감기"},
     {"medicine_name": "가" * 201, "category": "감기"}, {"medicine_name": ["가"], "category": "감기"}, [], "x",
     {"medicine_name": "가", "category": "감기", "user": 1}, {"medicine_name": "   ", "category": "감기"}],
)  # fmt: skip
def test_bad_bodies_are_400_in_korean(client, signed, body):
    answer = client.post(URL, body, content_type=JSON, **signed)
    assert answer.status_code == 400
    assert any("가" <= char <= "힣" for char in answer.json()["detail"])
    assert not Scrap.objects.exists()


@pytest.mark.parametrize("query", ["?limit=0", "?limit=51", "?cursor=x", "?category=", "?page=2", "?cursor="])
def test_bad_queries(client, signed, query):
    assert client.get(URL + query, **signed).status_code == 400


def test_others_scraps_do_not_exist(client, keep):
    made = keep()
    other = bearer(User.objects.create_user(kakao_sub="1000:2"))
    url = f"{URL}/{made['id']}"
    assert client.get(url, **other).status_code == 404
    assert client.patch(url, {"notes": ""}, content_type=JSON, **other).status_code == 404
    assert client.delete(url, **other).status_code == 404
    assert client.get(URL, **other).json()["results"] == []
    assert client.get(URL).status_code == 401
    assert client.get(f"{URL}/99999999999999999999", **other).status_code == 404


def test_a_page_costs_two_statements(client, signed, keep, django_assert_num_queries):
    for number in range(30):
        keep(medicine_name=f"약{number}")
    with django_assert_num_queries(1):
        client.get(URL + "?limit=50", **signed)


def test_export_and_erasure(user, keep):
    keep(notes="식후")
    assert personal_data.export(str(user.pk))["scraps"][0]["notes"] == "식후"
    assert personal_data.erase(str(user.pk))["scraps"] == 1
