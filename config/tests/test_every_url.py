"""The whole URL table with nobody, with its owner, and with somebody else signed in."""

import json
import re

import pytest

from config.tests.owning import MARK, OWNED, kept
from config.tests.walking import METHODS, api_routes, collection, routes
from core import personal_data
from core.errors import PROBLEMS

pytestmark = pytest.mark.django_db
# Read or called by anybody, on purpose. A route that is not named here wants a signed-in user.
OPEN = {
    "search", "suggest", "popular", "medicine", "summary", "installs", "login-with-kakao", "kakao-unlinked",
    "refresh", "end-login", "pharmacies", "pharmacy", "calendar-file",
}  # fmt: skip
OPEN_PAGES = {
    "livez", "readyz", "metrics", "problems", "problem", "schema", "docs", "login", "login-start", "login-callback",
    "logout", "picture", "find", "suggestions", "medicine-page", "medicine-summary",
    "text-size", "offline", "manifest", "service-worker", "goodbye", "pharmacies-page",
}  # fmt: skip
# Pages of one person; that they show nobody else's is tried in dashboard/tests.
SIGNED_PAGES = {
    "scrap-medicine", "scraps-page", "remove-scrap", "today", "one-day", "doses-together", "take", "dose",
    "calendar-page", "plans-page", "plan-new", "plan-look", "plan-page", "refill", "end-plan", "sheet", "sheet-file",
    "me-page", "my-profile", "my-reminders", "invite-carer", "accept-carer", "revoke-carer", "remove-phone",
    "my-calendar", "logout-everywhere", "my-export", "delete-me",
}  # fmt: skip
# Of staff with a permission; that they show others nothing is tried in dashboard/tests.
STAFF_PAGES = {"operations", "operations-live"}
BY_COLLECTION = [route for route in api_routes() if route.takes and route.name not in OPEN]


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.THROTTLE_ENABLED = False


@pytest.fixture(scope="module")
def two(django_db_setup, django_db_blocker):
    with kept(django_db_blocker) as two:
        yield two


@pytest.fixture
def owner(two):
    return two[0]


@pytest.fixture
def other(two):
    return two[1]


def told(answer, *statuses):
    assert answer.status_code in statuses, (answer.status_code, answer.content.decode()[:300])
    assert answer.json()["type"].removeprefix("/problems/") in PROBLEMS
    assert re.search("[가-힣]", answer.json()["detail"])


def all_rows(user):
    """Everything held about a user, as the export shows it, but for what signing in leaves."""
    whole = json.loads("".join(personal_data.stream(str(user.pk))))
    whole.get("accounts", {}).pop("logins", None)
    whole.pop("ops", None)
    return json.dumps(whole, sort_keys=True, default=str)


def test_every_route_is_known():
    """A new route with an id in it says here how somebody comes to own such a thing, or that it is open to all."""
    assert {"me", "search", "medicine"} <= {route.name for route in api_routes()}
    unknown = [route.template for route in BY_COLLECTION if collection(route.template) not in OWNED]
    assert not unknown, "add them to OWNED or OPEN"
    pages = [route for route in routes() if not route.template.startswith("api/v1/")]
    unknown = {route.name for route in pages} - OPEN_PAGES - SIGNED_PAGES - STAFF_PAGES
    assert not unknown, "add them to OPEN_PAGES, or to SIGNED_PAGES and try them with two users"


def test_pages_of_one_person_want_a_login(client, settings):
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    for route in (route for route in routes() if route.name in SIGNED_PAGES):
        read, sent = client.get(route.address()), client.post(route.address())
        assert {read.status_code, sent.status_code} <= {302, 401, 405}, route
        assert {302, 401} & {read.status_code, sent.status_code}, route
        assert read.status_code != 302 or read["Location"].startswith("/login?next=")


@pytest.mark.parametrize("route", [route for route in api_routes() if route.name not in OPEN], ids=lambda r: r.template)
@pytest.mark.parametrize("method", METHODS)
def test_without_a_login_nothing_is_told(client, route, method):
    answer = client.generic(method.upper(), route.address(), b"{}", "application/json")
    told(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", BY_COLLECTION, ids=lambda r: r.template)
@pytest.mark.parametrize("method", METHODS)
def test_somebody_elses_is_not_found(client, owner, other, route, method):
    name = route.takes[0]
    id_ = owner.ids[collection(route.template)]
    before = all_rows(owner.user)
    address = route.address(**{name: id_})
    foreign = client.generic(method.upper(), address, b"{}", "application/json", **other.signed())
    told(foreign, 404, 405)
    # No difference to what never was, or ids could be found out.
    missing = client.generic(method.upper(), route.address(), b"{}", "application/json", **other.signed())
    assert without_id(foreign) == without_id(missing)
    assert all_rows(owner.user) == before


def without_id(answer):
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "request_id"}


@pytest.mark.parametrize("route", [r for r in api_routes() if not r.takes], ids=lambda r: r.template)
@pytest.mark.parametrize("query", ["", "?user={}", "?user_id={}", "?owner={}", "?id={}", "?format=csv"])
def test_no_list_shows_somebody_elses(client, owner, other, route, query):
    ids = [str(owner.user.pk), *(id_ for what, id_ in owner.ids.items() if has(what))]
    answer = client.get(route.address() + query.format(owner.user.pk), **other.signed())
    assert answer.status_code < 500
    shown = b"".join(answer).decode("utf-8", "replace")
    assert MARK[:10] not in shown
    assert not [id_ for id_ in ids if len(id_) > 20 and id_ in shown]


def has(what):
    return any(route.template == f"api/v1/{what}" for route in api_routes())


@pytest.mark.parametrize("route", BY_COLLECTION, ids=lambda r: r.template)
@pytest.mark.parametrize("id_", ["0", "-1", "../me", "%2e%2e", "1;x=1", "1%00", "%ED%A0%80", "9" * 400, "1.0", "None"])
def test_ids_that_are_none(client, other, route, id_):
    told(client.get(route.address(**{route.takes[0]: id_}), **other.signed()), 404, 405, 400)
