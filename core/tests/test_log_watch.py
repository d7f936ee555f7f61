import logging

import pytest

from core.logs import JsonFormatter
from core.tests import log_watch


@pytest.mark.parametrize("secret", [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "sbx-code-abcdefgh", "4815000012", "sandbox-kakao-admin-key",
])  # fmt: skip
def test_the_watch_knows_a_secret(secret):
    assert log_watch.pattern().search(f'{{"message": "seen {secret} here"}}')


def test_a_leak_is_noted(monkeypatch):
    monkeypatch.setattr(log_watch, "leaks", [])
    record = logging.LogRecord("somewhere", logging.INFO, __file__, 1, "member 4815000012 came", (), None)
    JsonFormatter().format(record)
    assert len(log_watch.leaks) == 1


@pytest.mark.last
def test_no_line_of_this_run_held_a_secret():
    assert log_watch.lines_seen > 0
    assert log_watch.leaks == []
