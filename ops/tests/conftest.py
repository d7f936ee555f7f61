"""Staff with given permissions, and pages whose own files need not be collected."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client


@pytest.fixture
def staff(db, settings):
    """`staff("view_circuitbreaker")`: a browser of a member of staff with these permissions of ops."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}

    def make(*permissions, is_staff=True):
        user = get_user_model().objects.create_user(f"u{get_user_model().objects.count()}", "x", is_staff=is_staff)
        user.user_permissions.set(Permission.objects.filter(content_type__app_label="ops", codename__in=permissions))
        assert user.user_permissions.count() == len(permissions)
        browser = Client()
        browser.force_login(user)
        return browser

    return make
