"""The admin's main pages in a real Chromium: axe-core finds no serious violation, nothing is refused by our policy."""

import os
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model

from config.tests.admin_walk import add_rows
from config.tests.chromium import chromium_page, violations
from medicines.models import SearchMiss, Synonym
from medicines.tests import catalogue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
# Screenshots to look at; none unless a folder is named.
SHOTS = os.environ.get("SCREENSHOTS", "")
PASSWORD = "a-password-for-tests-1"
LISTS = (
    "medicines/medicine", "medicines/medicinecache", "medicines/synonym", "medicines/brandalias",
    "medicines/searchmiss", "summaries/summary", "summaries/hardword", "pharmacies/pharmacy",
    "pharmacies/pharmacymatch", "accounts/user", "ops/auditevent", "ops/deadletter", "ops/circuitbreaker",
    "ops/cacheentry", "ops/taskrun", "ops/beatentry",
)  # fmt: skip


@pytest.fixture
def site(live_server, settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.THROTTLE_ENABLED = False
    add_rows(3)
    catalogue.load()
    get_user_model().objects.create_superuser("boss", PASSWORD)
    return live_server.url


def serious(page):
    return [
        (each["id"], [node["html"] for node in each["nodes"]][:3])
        for each in violations(page)
        if each["impact"] in ("serious", "critical")
    ]


def shot(page, name):
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/admin-{name}.png", full_page=True)


def enter(page, site):
    page.goto(f"{site}/admin/login/?next=/admin/")
    page.locator("#id_username").fill("boss")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.get_by_role("heading", level=1).first.wait_for()


def test_the_main_pages_are_accessible(site):
    miss = SearchMiss.objects.get(query="없는말1").pk
    word, medicine = Synonym.objects.first().pk, catalogue.Medicine.objects.get(item_seq="100000001").pk
    single = {
        "index": "", "synonym-add": "medicines/synonym/add/", "synonym": f"medicines/synonym/{word}/change/",
        "medicine": f"medicines/medicine/{medicine}/change/", "miss": f"medicines/searchmiss/{miss}/change/",
    }  # fmt: skip
    pages = single | {path.replace("/", "-"): f"{path}/" for path in LISTS}
    with chromium_page(width=1280, height=900) as page:
        wrong = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        enter(page, site)
        told = {}
        for name, path in pages.items():
            page.goto(f"{site}/admin/{path}")
            page.wait_for_load_state("networkidle")
            shot(page, name)
            assert wrong == [], name
            told |= {name: found} if (found := serious(page)) else {}
            # axe-core itself tries inline styles and asks for style sheets by wrong addresses.
            wrong.clear()
        assert told == {}, "\n".join(f"{name}: {found}" for name, found in told.items())


def test_a_miss_becomes_a_synonym_by_the_keyboard_alone(site):
    with chromium_page(width=1280, height=900) as page:
        enter(page, site)
        page.goto(f"{site}/admin/medicines/searchmiss/")
        page.get_by_role("link", name="없는말1", exact=True).focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="‘걷는’의 다른 이름으로").focus()
        page.keyboard.press("Enter")
        page.get_by_text("‘없는말1 → 걷는’을(를) 적었습니다").wait_for()
    assert Synonym.objects.get(word="없는말1").means == "걷는"
