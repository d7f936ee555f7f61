"""The system's own Chromium, driven by Playwright. Skips, and says why, on a machine without one."""

import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def chromium_page(*, width=360, height=740, javascript=True):
    """A page of a fresh profile. While it is open this thread may not touch the database: Playwright runs in it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, locale="ko-KR"
        )
        context.set_default_timeout(30_000)
        yield context.new_page()
        browser.close()
