"""Every address of the admin with nobody, with each role, and with what no page of ours would send."""

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from config.tests.admin_walk import add_rows, admin_routes, browser_of, harmless, home, model_of, models
from ops import roles
from ops.models import AuditEvent

pytestmark = pytest.mark.django_db
KINDLY = re.compile("[가-힣]")


@pytest.fixture(autouse=True)
def _rows(settings):
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    settings.THROTTLE_ENABLED = False
    add_rows(2)


def first_pk(model):
    row = model._default_manager.order_by("pk").first()
    return row.pk if row else 1


def actions_of(role, model):
    names = roles.codenames(role)
    label = model._meta.app_label
    every = ("view", "add", "change", "delete")
    return {action for action in every if f"{label}.{action}_{model._meta.model_name}" in names}


def test_the_groups_hold_what_the_table_says():
    for role in roles.ROLES:
        held = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{codename}" for app, codename in held} == roles.codenames(role)


def test_no_role_gives_rights_or_sees_secrets():
    everything = set().union(*map(roles.codenames, roles.ROLES))
    assert not [name for name in everything if name.startswith(("auth.", "otp_totp.", "contenttypes.", "sessions."))]
    assert [role for role in roles.ROLES if any("user" in name for name in roles.codenames(role))] == [roles.SUPPORT]


@pytest.mark.parametrize("role", roles.ROLES)
def test_a_role_sees_its_lists_and_no_other(role):
    browser = browser_of(role)
    for model in models():
        allowed, address = actions_of(role, model), home(model)
        assert browser.get(address).status_code == (200 if allowed & {"view", "change"} else 403), address
        if "add" not in allowed and model._meta.managed:
            assert browser.get(f"{address}add/").status_code == 403, address
        if "delete" not in allowed and model._meta.managed:
            answer = browser.post(f"{address}{first_pk(model)}/delete/", {"post": "yes"})
            assert answer.status_code in (403, 404), address


@pytest.mark.parametrize("role", roles.ROLES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_opens_to_the_wrong_role_or_breaks(role, method):
    browser = browser_of(role)
    own = {f"{model._meta.app_label}.{model._meta.model_name}": model for model in models()}
    for route in admin_routes():
        model = own.get(model_of(harmless(route, 1)) or "")
        if "logout" in route.template:
            continue
        address = harmless(route, first_pk(model) if model else 1)
        answer = getattr(browser, method)(address)
        assert answer.status_code < 500, (address, answer.content.decode()[:300])
        if model and not actions_of(role, model):
            assert answer.status_code in (301, 302, 403, 404, 405), address
            # The old address of one row leads on to its page, a row that is not there to the start.
            to = answer.headers.get("Location", "/admin/")
            assert to == "/admin/" or browser.get(to).status_code in (403, 404), address


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_is_led_to_the_door(method):
    for route in admin_routes():
        address = harmless(route, 1)
        if "login" in route.template or "jsi18n" in route.template:
            continue
        answer = getattr(Client(), method)(address)
        assert answer.status_code in (301, 302, 405), address


ODD_QUERIES = [
    "p=abc", "p=-1", "p=" + "9" * 30, "o=zz", "o=1.2.3.99", "e=1", "q=%00", "q=%ED%A0%80", "q=" + "%EA%B0%80" * 3000,
    "q=%25_%5C%27%22", "all=", "nothing__exact=1", "id__exact=" + "9" * 40, "pk__in=a", "state__exact=%00", "_popup=1",
    "_to_field=password", "_changelist_filters=%00", "settled_at__isempty=zz", "enabled__exact=zz", "kind__exact=zz",
    "action__exact=", "at__gte=zz", "week__gte=9999999-99-99", "is_staff__exact=%F0%9F%92%8A",
]  # fmt: skip


@pytest.mark.parametrize("query", ODD_QUERIES, ids=lambda query: query[:30])
def test_odd_queries_of_every_list_are_answered_kindly(query):
    browser = browser_of("")
    for model in models():
        answer = browser.get(f"{home(model)}?{query}")
        assert answer.status_code in (200, 302, 400, 403), (home(model), query, answer.status_code)
        assert answer.status_code == 302 or KINDLY.search(answer.content.decode()), home(model)


ODD_FORMS = [
    {"action": "nothing"},
    {"action": "delete_selected", "_selected_action": ["abc"]},
    {"action": "delete_selected", "_selected_action": ["9" * 40], "post": "yes"},
    {"action": "turn_off", "_selected_action": ["💊", ""]},
    {"action": "turn_off", "_selected_action": ["\0"]},
    {"action": "ignore", "index": "zz", "select_across": "zz"},
    {"action": "drop_from_caches", "_selected_action": ["1" * 18, "-1"]},
    {"action": ["same_place"] * 3, "index": "99"},
    {"_save": "1", "form-TOTAL_FORMS": "abc"},
]


@pytest.mark.parametrize("form", ODD_FORMS, ids=str)
def test_odd_forms_of_every_page_are_answered_kindly(form):
    browser = browser_of("")
    for model in models():
        for address in (home(model), f"{home(model)}add/", f"{home(model)}{first_pk(model)}/change/"):
            answer = browser.post(address, form)
            assert answer.status_code in (200, 302, 400, 403, 404, 405), (address, form, answer.status_code)
            shown = answer.status_code in (302, 405) or KINDLY.search(answer.content.decode())
            assert shown, (address, answer.content[:200])


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 40, "%00", "_5F_00", "..%2f", "%F0%9F%92%8A", "a" * 3000])
def test_odd_ids_are_answered_kindly(pk):
    browser = browser_of("")
    for model in models():
        for page in ("change", "delete", "history"):
            answer = browser.get(f"{home(model)}{pk}/{page}/")
            assert answer.status_code in (200, 302, 400, 403, 404), (home(model), page, answer.status_code)


def test_a_look_at_a_user_is_written_down():
    browser = browser_of(roles.SUPPORT)
    user = next(model for model in models() if model._meta.label == "accounts.User")
    pk = user.objects.get(username="reader1").pk
    page = browser.get(f"{home(user)}{pk}/change/").content.decode()
    assert "meal_times" not in page
    assert "breakfast" not in page
    event = AuditEvent.objects.get(action="account.looked_at")
    assert (event.target, event.actor != str(pk)) == (str(pk), True)
    browser.get(home(user))
    assert AuditEvent.objects.filter(action="account.listed").count() == 1
    assert browser.get(f"{home(user)}{'0' * 8}/change/").status_code == 302
    assert AuditEvent.objects.filter(action="account.looked_at").count() == 1
