"""`/operations`: who may see it, what it shows, and that nothing breaks it."""

from contextlib import contextmanager
from datetime import date, timedelta

import psycopg2
import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import breaker, metrics, minutes, stores
from core.tests.conftest import killable, own_valkey  # noqa: F401 - fixtures for the tests here
from medicines.models import Medicine, MedicineSearchCount, SearchMiss
from medicines.tests import catalogue

pytestmark = pytest.mark.django_db
HTML = {"accept": "text/html"}
PAGES = ("/operations", "/operations/live")
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _fresh(_plain_files):
    stores.broker.client.flushdb()
    breaker.forget()
    yield
    stores.cache.reset()
    stores.broker.reset()


def member(*permissions, is_staff=True):
    number = get_user_model().objects.count()
    user = get_user_model().objects.create_user(f"u{number}", "x", is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(headers=HTML)
    client.force_login(user)
    return client


@pytest.fixture
def operator():
    return member("view_circuitbreaker")


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_others_see_nothing(page, browser):
    answer = browser.get(page)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=%2Foperations")
    assert browser.get(page, headers={"HX-Request": "true"}).status_code == 401
    for others in (member(), member("view_circuitbreaker", is_staff=False), member("view_medicine")):
        assert others.get(page).status_code == 404
        assert others.post(page).status_code in (403, 405)


def test_a_second_factor_that_is_wanted_is_asked_for(operator, settings):
    settings.ADMIN_TOTP_REQUIRED = True
    assert operator.get("/operations")["Location"].startswith("/admin/login/")


def test_what_happened_is_shown(operator):
    minutes.ensure()
    # What the tests before this one did.
    minutes.flush()
    stores.cache.client.flushdb()
    metrics.cache_requests.labels("memory", "hit").inc(9)
    metrics.cache_requests.labels("memory", "miss").inc(1)
    metrics.external_calls.labels("openai", "timeout").inc(2)
    metrics.tasks.labels("medicines.tasks.store_misses", "succeeded").inc(3)
    for _ in range(6):
        metrics.response_time.labels("search", "GET", "200").observe(0.2)
    minutes.flush()
    stores.broker.client.rpush("people", "a", "b", "c")
    page = text(operator.get("/operations"))
    assert "캐시로 답한 비율" in page
    assert "90.0 %" in page
    assert "메모리 적중률" in page
    assert "한 시간: 잘 끝남 3" in page
    assert '<th scope="row">openai</th><td>2</td><td>2</td><td>0</td>' in page
    assert '<th scope="row">people</th><td>3</td>' in page
    assert '<th scope="row">search</th>' in page
    assert "정상" in page
    assert "모델 비용" in page
    assert operator.get("/operations")["Cache-Control"] == "private, no-store"
    assert "<html" not in text(operator.get("/operations/live"))


def test_names_need_five_addresses(operator):
    catalogue.load()
    today = timezone.localdate()
    brands = Medicine.objects.exclude(brand_name="").order_by("brand_name").values_list("brand_name", flat=True)
    often, seldom = list(brands.distinct())[:2]
    for name, addresses in ((often, 5), (seldom, 4)):
        MedicineSearchCount.objects.create(name=name, day=today, addresses=addresses, week_addresses=addresses)
    page = text(operator.get("/operations"))
    assert f"<li>{often}</li>" in page
    assert seldom not in page


def test_redis_away_is_said_and_breaks_nothing(operator, killable):  # noqa: F811
    killable.kill()
    for page in PAGES:
        shown = text(operator.get(page))
        assert "캐시 Redis가 응답하지 않아요" in shown
        assert "브로커 Redis가 응답하지 않아요" in shown
        assert "이 프로세스만" in shown
        assert "모델 비용" in shown


def miss(number, *, week=MONDAY, **fields):
    return SearchMiss(query=f"없는말{number}", addresses=5 + number, week=week, **fields)


def test_failed_searches_stand_there_the_newest_and_most_asked_first(operator):
    old, settled = miss(99, week=MONDAY - timedelta(days=7)), miss(2, settled_at=timezone.now())
    SearchMiss.objects.bulk_create([old, miss(1), settled, SearchMiss(query="<b>9", addresses=5, week=MONDAY)])
    for page in PAGES:
        shown = text(operator.get(page)).partition("찾지 못한 말")[2]
        order = [shown.index(each) for each in ("없는말2", "처리함", "없는말1", "&lt;b&gt;9", "없는말99")]
        assert order == sorted(order)
        assert "<td>7</td><td>11월 23일</td>" in shown
        assert "/admin/medicines/searchmiss/" not in shown


def test_a_curator_gets_from_there_to_the_list(operator):
    assert "다섯 곳 이상에서 찾았는데 나오지 않은 말이 아직 없어요" in text(operator.get("/operations"))
    both = member("view_circuitbreaker", "view_searchmiss")
    assert '<a href="/admin/medicines/searchmiss/">' in text(both.get("/operations"))


def test_failed_searches_are_one_statement_by_an_index(operator):
    week = [MONDAY - timedelta(days=7 * (number % 12)) for number in range(20_000)]
    SearchMiss.objects.bulk_create(miss(number, week=week[number]) for number in range(20_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE medicine_search_miss")
    with CaptureQueriesContext(connection) as captured:
        operator.get("/operations/live")
    [sql] = [query["sql"] for query in captured.captured_queries if "medicine_search_miss" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "idx_search_miss_list" in plan, plan
    assert "Sort" not in plan, plan


@contextmanager
def locked(*tables):
    """Nobody else gets at these tables, and whoever asks is told so after a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 300")
    other = psycopg2.connect(**connection.get_connection_params())
    try:
        other.cursor().execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_the_database_is_no_empty_list(operator):
    away = "데이터베이스가 응답하지 않아"
    assert away not in text(operator.get("/operations"))
    with locked("medicine_search_miss", "model_call"):
        for page in PAGES:
            shown = text(operator.get(page))
            assert away in shown.partition("찾지 못한 말")[2]
            assert away in shown.partition("모델 비용")[2].partition("가장 느린 곳")[0]
            assert "다섯 곳 이상에서 찾았는데 나오지 않은 말이 아직 없어요" not in shown
    assert away not in text(operator.get("/operations"))


def test_queries_are_few(operator, django_assert_max_num_queries):
    operator.get("/operations")
    with django_assert_max_num_queries(12):
        operator.get("/operations/live")
