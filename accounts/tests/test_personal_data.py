"""No table may hold something about a user that export and erasure do not know of."""

import json

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models

from core import personal_data

# Columns that name a user without a foreign key.
NAMES = {
    "username", "user", "user_id", "owner", "owner_id", "actor", "actor_id", "kakao_sub", "author", "created_by",
    "patient",
}  # fmt: skip
# A session's content is only an id, and dies with the user. axes' two logs are switched off, and empty.
KNOWN = {"django_session", "axes_accesslog", "axes_accessfailurelog"}


def names_a_user(field):
    if field.is_relation and field.related_model is get_user_model():
        return True
    return field.concrete and field.name in NAMES


def tables_with_a_user(models_):
    for model in models_:
        if any(names_a_user(field) for field in model._meta.get_fields() if not field.auto_created):
            yield model._meta.db_table


def test_every_table_with_a_user_column_is_registered():
    everything = apps.get_models(include_auto_created=True)
    found = {get_user_model()._meta.db_table, *tables_with_a_user(everything)}
    assert "accounts_login" in found
    missing = found - personal_data.tables() - KNOWN
    assert not missing, f"register them in core.personal_data (tables=…): {sorted(missing)}"


def test_every_registered_table_exists(db):
    existing = set(connection.introspection.table_names())
    assert personal_data.tables() <= existing


@pytest.mark.parametrize("name", ["user", "owner", "kakao_sub"])
def test_the_test_would_notice(name):
    class Meta:
        app_label = "accounts"
        apps = apps.__class__()

    body = {name: models.CharField(max_length=9), "Meta": Meta, "__module__": "accounts.models"}
    model = type("Forgotten", (models.Model,), body)
    assert list(tables_with_a_user([model])) == ["accounts_forgotten"]


def test_failed_logins_of_staff_go_with_them(client, db, settings):
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    settings.THROTTLE_ENABLED = False
    boss, other = (get_user_model().objects.create_superuser(name, "a long password") for name in ("boss", "other"))
    for name in ("boss", "other"):
        client.post("/admin/login/", {"username": name, "password": "wrong"})
    told = json.loads("".join(personal_data.stream(str(boss.pk))))["ops"]["failed_logins"]
    assert [attempt["failures_since_start"] for attempt in told] == [1]
    personal_data.erase(str(boss.pk))
    assert list(AccessAttempt.objects.values_list("username", flat=True)) == [other.username]
    assert not AccessLog.objects.exists()
    assert not AccessFailureLog.objects.exists()
