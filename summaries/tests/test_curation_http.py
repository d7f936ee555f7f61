"""Approving over real HTTP with a login and CSRF, and what another process's memory then holds."""

import multiprocessing
import time

import pytest
import requests

from core.cache import TwoTier, tiers
from core.memory_tier import MemoryTier
from core.redis_tier import RedisTier
from summaries import selectors
from summaries.models import Summary
from summaries.tests.curation import make_curator, make_text

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def _child(commands, answers):
    memory = MemoryTier(max_entries=100, max_bytes=1_000_000, seconds=30.0)
    held = TwoTier(memory, RedisTier(prefix="pilling:v1:", stale_seconds=60))
    while key := commands.get():
        answers.put(held.get(key))


@pytest.fixture
def neighbour():
    """Another process with a memory of its own: key → (bytes, tier) or None."""
    context = multiprocessing.get_context("fork")
    commands, answers = context.Queue(), context.Queue()
    child = context.Process(target=_child, args=(commands, answers))
    child.start()

    def ask(key):
        commands.put(key)
        return answers.get(timeout=60)

    yield ask
    commands.put("")
    child.join(60)


def _wait(condition):
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _held_by(neighbour, key, address):
    """Ask the server anew; whether the other process by now has what it answered in its own memory."""
    tiers().memory.clear()
    requests.get(address, timeout=60)
    return (neighbour(key) or ("", ""))[1] == "memory"


def _login(server, username):
    session = requests.Session()
    page = session.get(f"{server}/admin/login/", timeout=60)
    assert page.status_code == 200
    form = {"username": username, "password": "password-for-tests", "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    landed = session.post(f"{server}/admin/login/?next=/admin/", data=form, timeout=60)
    assert landed.url.endswith("/admin/")
    return session


@pytest.fixture
def server(neighbour, settings, live_server):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    return live_server.url


def test_approving_reaches_the_reader_and_another_process_at_once(server, neighbour, standins, medicine):
    row = make_text(medicine, standins)
    answer, card = f"{server}/api/v1/medicines/{row.item_seq}/summary", f"detail:{row.item_seq}"
    make_curator()
    assert requests.get(answer, timeout=60).json()["kind"] == "ai"
    found = f"{server}/api/v1/medicines/{row.item_seq}"
    key = selectors.cache_key(row.item_seq, "")
    # A key that was just dropped is not filled for five seconds, and a new subscriber clears its memory once.
    assert _wait(lambda: _held_by(neighbour, key, answer))
    assert _wait(lambda: _held_by(neighbour, card, found))
    session = _login(server, "curator")
    page = f"{server}/admin/summaries/summary/{row.pk}/change/"
    assert session.get(page, timeout=60).status_code == 200
    form = {"version": row.version, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    done = session.post(page.replace("change", "approve"), data=form, timeout=60)
    assert (done.status_code, done.url) == (200, page)
    assert Summary.objects.get().state == "reviewed"
    assert _wait(lambda: neighbour(key) is None)
    assert neighbour(card) is None
    body = requests.get(answer, timeout=60).json()
    assert (body["kind"], body["label_notice"]) == ("reviewed", None)


def test_a_form_without_its_token_is_refused(server, standins, medicine):
    row = make_text(medicine, standins)
    make_curator()
    session = _login(server, "curator")
    approve = f"{server}/admin/summaries/summary/{row.pk}/approve/"
    assert session.post(approve, data={"version": row.version}, timeout=60).status_code == 403
    assert Summary.objects.get().state == "auto"
