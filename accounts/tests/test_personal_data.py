"""No table may hold something about a user that export and erasure do not know of."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models

from core import personal_data

# Columns that name a user without a foreign key.
NAMES = {"user", "user_id", "owner", "owner_id", "actor", "actor_id", "kakao_sub", "author", "created_by", "patient"}
# Django's own; a session's content is only an id, and dies with the user.
KNOWN = {"django_session"}


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
