"""Bodies that break off or lie about themselves, and odd queries to the pages beside the API."""

import pytest

from config.tests.running import Product
from config.tests.told import told

INSTALLS = b"/api/v1/installs"
KEY = b"Idempotency-Key: bad-body-%d\r\n"


@pytest.mark.parametrize(("number", "headers", "body"), [
    (1, b"Transfer-Encoding: chunked\r\n", b"zz\r\nnot a chunk\r\n"),
    (2, b"Transfer-Encoding: chunked\r\n", b"5\r\nab"),
    (3, b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffffff\r\n"),
    (4, b"Content-Length: 100\r\n", b"short"),
])  # fmt: skip
def test_a_broken_body_is_not_our_fault(product: Product, number, headers, body):
    answer = product.raw(INSTALLS, method=b"POST", headers=KEY % number + headers, body=body, ends=True)
    assert answer.status < 500, answer.body
    if answer.status >= 400:
        told(answer, 400, answer.json()["type"].removeprefix("/problems/"))


def test_a_body_of_two_megabytes_is_refused(product: Product):
    headers = KEY % 9 + b"Content-Length: 2000000\r\n"
    told(product.raw(INSTALLS, method=b"POST", headers=headers, body=b"x" * 2_000_000), 413, "payload-too-large")


@pytest.mark.parametrize("query", [
    b"?%FF", b"?format=nope", b"?lang=%00", b"?lang=../../etc", b"?version=%00", b"?name[]=%00", b"?script=%FF",
    b"?%ED%A0%80=1", b"?a=1&a=2",
])  # fmt: skip
@pytest.mark.parametrize("path", [b"/api/schema", b"/problems", b"/livez", b"/readyz", b"/metrics"])
def test_the_other_pages_bear_odd_queries(product: Product, path, query):
    answer = product.raw(path + query)
    assert answer.status in (200, 400, 404, 406), answer.body
    if answer.status >= 400:
        told(answer, answer.status, answer.json()["type"].removeprefix("/problems/"))


def test_nothing_of_it_was_an_unhandled_fault(product: Product):
    """Last here."""
    assert "Traceback" not in product.output()
