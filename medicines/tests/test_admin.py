"""The operators' screens."""

import pytest
from django.contrib.auth.models import Permission

from core.cache import tiers as cache
from medicines.models import Medicine, MirrorRun
from medicines.tests import catalogue
from ops.tests.audit import deeds

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _products(settings):
    # The pages' own files are collected for a run of the server, not for tests.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    catalogue.add(*catalogue.PRODUCTS[:3])
    MirrorRun.objects.create(source="easy")


@pytest.mark.parametrize("page", ["medicine", "medicinecache", "mirrorrun"])
def test_lists_open_and_nothing_can_be_written(admin_client, page):
    assert admin_client.get(f"/admin/medicines/{page}/").status_code == 200
    assert admin_client.get(f"/admin/medicines/{page}/add/").status_code == 403


def test_a_medicine_opens_and_is_found(admin_client):
    medicine = Medicine.objects.get(item_seq="100000001")
    assert admin_client.get(f"/admin/medicines/medicine/{medicine.pk}/change/").status_code == 200
    for q, found in (("100000001", True), ("보라매정", True), ("없는이름", False)):
        page = admin_client.get("/admin/medicines/medicine/", {"q": q}).content.decode()
        assert ("보라매정500밀리그램" in page) is found


def test_an_action_drops_a_medicine_from_the_caches(admin_client, client):
    client.get("/api/v1/medicines/100000001")
    assert cache().get("detail:100000001")
    chosen = Medicine.objects.get(item_seq="100000001").pk
    data = {"action": "drop_from_caches", "_selected_action": [chosen]}
    assert admin_client.post("/admin/medicines/medicine/", data, follow=True).status_code == 200
    assert not cache().get("detail:100000001")
    event = deeds().get()
    assert (event.action, event.details) == ("cache.drop_medicines", {"count": 1, "item_seqs": ["100000001"]})


def test_who_may_only_look_drops_nothing(client, django_user_model):
    reader = django_user_model.objects.create_user("reader", "x", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_medicine"))
    client.get("/api/v1/medicines/100000001")
    client.force_login(reader)
    chosen = Medicine.objects.get(item_seq="100000001").pk
    client.post("/admin/medicines/medicine/", {"action": "drop_from_caches", "_selected_action": [chosen]})
    assert cache().get("detail:100000001")
    assert not deeds().exists()
