import logging

import pytest

from core.logs import JsonFormatter
from core.tests import log_watch


@pytest.mark.parametrize("secret", [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "sbx-code-abcdefgh", "4815000012", "sandbox-kakao-admin-key",
])  # fmt: skip
def test_the_watch_knows_a_secret(secret):
    assert log_watch.pattern().search(f'{{"message": "seen {secret} here"}}')


def test_a_leak_is_noted():
    record = logging.LogRecord("somewhere", logging.INFO, __file__, 1, "member 4815000012 came", (), None)
    JsonFormatter().format(record)
    assert "4815000012" in log_watch.leaks.pop()
    assert log_watch.leaks == []


def test_every_line_is_watched():
    before = log_watch.lines_seen
    JsonFormatter().format(logging.LogRecord("somewhere", logging.INFO, __file__, 1, "nothing to hide", (), None))
    assert log_watch.lines_seen == before + 1
