"""What a start does once, and what it does again."""

import shutil

from sandbox.prepare import _collect


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
