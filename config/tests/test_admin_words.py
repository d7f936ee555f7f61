"""The admin speaks Korean: no heading of a list, a filter, an action or a form is left in English."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets, label_for_field
from django.contrib.auth import get_user_model
from django.test import RequestFactory
from django.utils import translation

from config.tests.admin_walk import models
from ops.roles import ROLES

pytestmark = pytest.mark.django_db
# What has no Korean word, or is better known by this one.
TERMS = {"ID", "AI", "H3", "API", "IP", "URL"}


@pytest.fixture(autouse=True)
def _in_korean():
    with translation.override("ko"):
        yield


def is_english(text):
    words = re.findall(r"[A-Za-z]\w*", text)
    return not re.search("[가-힣]", text) and any(word not in TERMS for word in words)


def seen_by_roles():
    """Every model of the admin but those that a superuser alone sees."""
    named = {name for allowed in ROLES.values() for name in allowed}
    ours = [model for model in models() if model._meta.app_label != "otp_totp"]
    assert named <= {model._meta.label_lower for model in ours}
    return ours


def headings(model, request):
    """(where, text) of all that stands above or beside a value of this model."""
    ours = admin.site._registry[model]
    yield "app", model._meta.app_config.verbose_name
    yield "name", model._meta.verbose_name
    yield "names", model._meta.verbose_name_plural
    # What has no table is a page of its own.
    shown = flatten_fieldsets(ours.get_fieldsets(request)) if model._meta.managed else ()
    for name in (*ours.get_list_display(request), *shown):
        yield name, label_for_field(name, model, ours)
    for name, (_, _, description) in ours.get_actions(request).items():
        yield name, description


@pytest.fixture
def request_(db):
    request = RequestFactory().get("/admin/")
    request.user = get_user_model().objects.create_superuser("boss")
    return request


def test_no_heading_is_english(request_):
    told = [
        (model._meta.label, where, str(text))
        for model in seen_by_roles()
        for where, text in headings(model, request_)
        if is_english(str(text))
    ]
    assert told == []


def filtered(model):
    """The model's own fields with choices that its list is filtered by."""
    names = [each[0] if isinstance(each, tuple) else each for each in admin.site._registry[model].list_filter]
    return [field for field in model._meta.fields if field.choices and field.name in names]


def test_no_choice_of_a_filter_is_english():
    told = [
        (model._meta.label, field.name, str(label))
        for model in seen_by_roles()
        for field in filtered(model)
        for _, label in field.flatchoices
        if is_english(str(label))
    ]
    assert told == []


def test_english_is_told_from_korean():
    assert [is_english(text) for text in ("created at", "ID", "칸 (H3)", "H3 cell", "AI")] == [
        True,
        False,
        False,
        True,
        False,
    ]
