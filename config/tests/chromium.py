"""The system's own Chromium, driven by Playwright. Skips, and says why, on a machine without one.

It is started once for all tests of a process. A page has a profile of its own, as in a fresh browser.
"""

import asyncio
import atexit
import shutil
from asyncio.events import _set_running_loop
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class _Chromium:
    """Playwright's loop counts as this thread's running one as long as Playwright is up. Between tests it is put away,
    or Django would take all that they do for asynchronous and refuse the database."""

    def __init__(self):
        self.browser = None

    @contextmanager
    def lent(self, path):
        if self.browser and not self.browser.is_connected():
            self.stop()
        if self.browser is None:
            self._start(path)
        else:
            _set_running_loop(self._loop)
        try:
            yield self.browser
        finally:
            _set_running_loop(None)

    def _start(self, path):
        self._playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        self.browser = self._playwright.chromium.launch(executable_path=path, args=list(_FLAGS))

    def stop(self):
        if self.browser:
            _set_running_loop(self._loop)
            self.browser.close()
            self._playwright.stop()
            self.browser = None


_chromium = _Chromium()
atexit.register(_chromium.stop)


@contextmanager
def chromium_page(*, width=360, height=740, javascript=True):
    """A page of a fresh profile. While it is open this thread may not touch the database: Playwright runs in it."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    with _chromium.lent(path) as browser:
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, locale="ko-KR"
        )
        context.set_default_timeout(30_000)
        try:
            yield context.new_page()
        finally:
            context.close()


def violations(page):
    """axe-core's. Half a megabyte of it is put into each document once, and what else it found stays there."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    return page.evaluate("axe.run({resultTypes: ['violations']}).then(found => found.violations)")
