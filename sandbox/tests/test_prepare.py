"""What a start does once, and what it does again."""

import shutil

import pytest
from celery import current_app

from core import stores
from medicines.tests.factories import store_easy
from sandbox.prepare import _collect, _mirror


def test_files_are_collected_once_and_again_when_they_are_gone_or_changed(tmp_path, settings):
    root, collected = tmp_path / "static", tmp_path / "static-collected"
    settings.STATIC_ROOT = root
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    manifest = root / "staticfiles.json"
    _collect(collected)
    first = manifest.stat().st_mtime_ns
    _collect(collected)
    assert manifest.stat().st_mtime_ns == first
    collected.write_text("other files")
    _collect(collected)
    assert manifest.stat().st_mtime_ns > first
    shutil.rmtree(root)
    _collect(collected)
    assert manifest.exists()


@pytest.mark.django_db
def test_with_the_ministrys_own_key_an_empty_catalogue_is_left_to_the_mirror():
    stores.broker.client.flushdb()
    _mirror()
    queue = current_app.amqp.router.route({}, "medicines.tasks.sync_medicines")["queue"].name
    assert b"medicines.tasks.sync_medicines" in b"".join(stores.broker.client.lrange(queue, 0, -1))
    stores.broker.client.flushdb()
    store_easy()
    _mirror()
    assert b"medicines.tasks.sync_medicines" not in b"".join(stores.broker.client.lrange(queue, 0, -1))
    stores.broker.client.flushdb()
