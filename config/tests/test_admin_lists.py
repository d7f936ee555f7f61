"""Lists of the admin stay fast: a constant number of statements, nothing counted or read through to its end."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.tests.admin_walk import add_rows, browser_of, home, models
from medicines.models import Synonym
from ops.fast_lists import MOST_COUNTED, CappedPaginator
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plain(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


def statements(browser, address):
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(address)
    assert answer.status_code == 200, address
    return [query["sql"] for query in captured.captured_queries]


# Writes of the audit trail and the session have savepoints of their own.
def reads(sqls):
    return [sql for sql in sqls if sql.startswith("SELECT")]


def test_more_rows_cost_no_more_statements():
    browser = browser_of("")
    add_rows(2)
    few = {model: len(reads(statements(browser, home(model)))) for model in models()}
    add_rows(12, start=2)
    many = {model: len(reads(statements(browser, home(model)))) for model in models()}
    assert few == many
    assert max(many.values()) <= 16, many


def test_nothing_is_counted_to_its_end():
    browser = browser_of("")
    add_rows(3)
    for model in models():
        for sql in reads(statements(browser, f"{home(model)}?_facets=True")):
            if "COUNT(" in sql:
                assert f"LIMIT {MOST_COUNTED}" in sql, sql
            if re.search(r"SELECT DISTINCT", sql) and "auth_" not in sql:
                assert "LIMIT" in sql, sql
            assert "date_trunc" not in sql.lower(), sql


def test_a_search_asks_an_index():
    browser = browser_of("")
    add_rows(1)
    names = ("medicine", "medicinecache", "summary", "customsummary", "user", "auditevent", "deadletter", "pharmacy")
    for model in (model for model in models() if model._meta.model_name in names):
        for sql in reads(statements(browser, f"{home(model)}?q=걷는정1")):
            assert "UPPER(" not in sql, sql


def test_the_count_ends_at_its_cap():
    AuditEvent.objects.bulk_create(AuditEvent(actor="a", action="b") for _ in range(MOST_COUNTED + 3))
    pages = CappedPaginator(AuditEvent.objects.order_by("-at"), 100)
    assert (pages.count, pages.is_capped, pages.num_pages) == (MOST_COUNTED, True, MOST_COUNTED // 100)
    assert (CappedPaginator([1, 2], 1).count, CappedPaginator([1, 2], 1).is_capped) == (2, False)
    page = browser_of("").get("/admin/ops/auditevent/").content.decode()
    assert f"앞의 {MOST_COUNTED}줄까지만" in page.replace(",", "")


def test_libraries_lists_are_fast_too():
    assert all(kind.paginator is CappedPaginator for kind in admin.site._registry.values())
    assert admin.site._registry[get_user_model()].show_full_result_count is False
    assert admin.site.is_registered(Synonym)
