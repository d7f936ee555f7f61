"""Whatever a stranger sends (paths, methods, headers, hosts) gets a Korean problem document; never a 500."""

from urllib.parse import quote

import pytest

from config.tests.running import Product
from config.tests.told import KNOWN_SEQ, SEARCH, nothing_leaked, told

# --- paths, methods, headers ---


@pytest.mark.parametrize("target", [
    b"/api", b"/api/v1", b"/api/v1/", b"/api/v1/medicines/", b"/api/v1/medicines/popular/", b"/livez/",
    b"/api/v1/medicines/197700120/", b"/api/v1/medicines/197700120/summary/", b"/api/v2/medicines?q=a", b"/.env",
    b"/.git/config", b"/wp-login.php", b"//api/v1/medicines", b"/api/v1/medicines/../../admin", b"/static/../manage.py",
    b"/%2e%2e/%2e%2e/etc/passwd", b"/%FF", b"/%00", b"/%ED%A0%80", quote("/약").encode(), b"/problems/none",
])  # fmt: skip
def test_an_unknown_path_is_404(product: Product, target):
    told(product.raw(target), 404, "not-found")


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PROPFIND", b"GETT"])
@pytest.mark.parametrize("target", [
    SEARCH + b"a", b"/api/v1/medicines/suggest?q=a", b"/api/v1/medicines/popular", b"/api/v1/medicines/" + KNOWN_SEQ,
    b"/api/v1/medicines/" + KNOWN_SEQ + b"/summary", b"/problems",
])  # fmt: skip
def test_another_method_is_405_and_says_which_are_allowed(product: Product, method, target):
    answer = product.raw(target, method=method, headers=b"Content-Length: 0\r\n")
    told(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("target", [
    SEARCH + quote("타이레놀").encode(), b"/api/v1/medicines/" + KNOWN_SEQ, b"/api/v1/medicines/popular", b"/livez",
    b"/readyz",
])  # fmt: skip
def test_head_is_get_without_the_body(product: Product, target):
    full, head = product.raw(target), product.raw(target, method=b"HEAD")
    assert (head.status, head.body) == (full.status, b"")
    assert head.headers["content-type"] == full.headers["content-type"]
    assert head.headers["content-length"] == str(len(full.body))


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1.evil.example", b"", b"a b", b"<script>"])
def test_another_host_is_refused(product: Product, host):
    answer = product.raw(SEARCH + b"a", headers=b"Host: " + host + b"\r\n")
    body = told(answer, 400, answer.json()["type"].removeprefix("/problems/"))
    assert b"evil" not in answer.body
    assert body["type"] in ("/problems/invalid-query", "/problems/malformed-request")


@pytest.mark.parametrize(("headers", "status", "slug"), [
    (b"X-Long: " + b"a" * 20_000 + b"\r\n", 431, "headers-too-large"),
    (b"".join(b"X-%d: 1\r\n" % n for n in range(200)), 431, "headers-too-large"),
    (b"Broken header\r\n", 400, "malformed-request"),
    (b"X\x00Y: 1\r\n", 400, "malformed-request"),
    (b"X-Nul: a\x00b\r\n", 400, "malformed-request"),
    (b"Content-Length: -5\r\n", 400, "malformed-request"),
    (b"Content-Length: 5\r\nContent-Length: 6\r\n", 400, "malformed-request"),
    (b"Transfer-Encoding: chunked, identity\r\n", 400, "malformed-request"),
])  # fmt: skip
def test_headers_that_are_too_much_or_broken_are_told(product: Product, headers, status, slug):
    told(product.raw(SEARCH + b"a", headers=headers), status, slug)


@pytest.mark.parametrize("charset", [b"rot13", b"bz2", b"zlib", b"utf-16", b"idna", b"unicode_escape"])
@pytest.mark.parametrize("target", [SEARCH + b"%EC%95%BD", b"/login/kakao?next=%EC%95%BD"])
def test_the_charset_of_a_content_type_changes_nothing(product: Product, target, charset):
    assert product.raw(target, headers=b"Content-Type: text/plain; charset=%s\r\n" % charset).status in (200, 302)


@pytest.mark.parametrize("length", [5_000, 1_000_000])
def test_a_query_string_of_a_megabyte_is_refused_in_peace(product: Product, length):
    told(product.raw(SEARCH + b"a" * length), 414, "uri-too-long")


@pytest.mark.parametrize("line", [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET\r\n\r\n", b"hello\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /api/v1/medicines?q=a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/v1/medicines?q=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /api/v1/medicines?q=타이레놀 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
])  # fmt: skip
def test_what_is_no_request_is_told_so(product: Product, line):
    told(product.raw_bytes(line), 400, "malformed-request")


@pytest.mark.parametrize("given", ["x", "a" * 65, "a b c d e f g", "<script>1</script>", "abc\tdef-123456"])
def test_an_odd_request_id_is_replaced(product: Product, given):
    answer = product.raw(SEARCH, headers=f"X-Request-ID: {given}\r\n".encode())
    assert told(answer, 400, "invalid-query")["request_id"] != given


@pytest.mark.parametrize("install", ["x", "a:b", "a" * 200, "가"])
def test_an_install_id_that_we_did_not_sign_is_refused(product: Product, install):
    answer = product.raw(SEARCH + b"a", headers=f"X-Install-ID: {install}\r\n".encode())
    assert told(answer, 400, "invalid-query")["errors"][0]["field"] == "X-Install-ID"


def test_a_body_where_none_belongs_harms_nothing(product: Product):
    body = b'{"q":"b"}' * 10
    answer = product.raw(SEARCH + b"a", headers=b"Content-Length: %d\r\n" % len(body), body=body)
    assert answer.status == 200


def test_an_install_number_is_made_whatever_the_body_says(product: Product):
    for body in (b"", b"{", b"\xff" * 100, b"[" * 10_000):
        answer = product.raw(
            b"/api/v1/installs", method=b"POST", headers=b"Content-Length: %d\r\n" % len(body), body=body
        )
        assert answer.status == 201
        assert answer.json()["install_id"]


# --- paths and places to be sent to ---

TRICKS = [
    b"//api/v1/me", b"/api/v1//me", b"/api/v1/./me", b"/api/v1/../v1/me", b"/api/v1/%2e%2e/v1/me", b"/API/V1/ME",
    b"/api/v1/me/", b"/api/v1/me;x=1", b"/api/v1/me%00", b"/api/v1/me%2fexport", b"/api/v1/me.json", b"/api/v1/me%20",
    b"/api/v1\\me", b"/api%2fv1%2fme", b"/api/v1/%6d%65%2e", b"/static/../config/settings.py",
    b"/static/%2e%2e/config/settings.py", b"/static/..%2f..%2fetc/passwd", b"/static//etc/passwd",
    b"/static/%00", b"/static/....//....//etc/passwd", b"/.git/config", b"/.env", b"/var/secrets", b"/manage.py",
    b"/api/v1/../../admin/", b"/api/v1/%2e%2e/%2e%2e/admin/", b"/admin;/", b"//admin/", b"/ADMIN/", b"/admin/..;/",
    b"/login/..%2fadmin/", b"http://evil.test/api/v1/me", b"/problems/../admin/", b"/problems/%2e%2e%2fmetrics",
]  # fmt: skip


@pytest.mark.parametrize("target", TRICKS)
def test_a_path_is_what_it_says(product: Product, target):
    answer = product.raw(target)
    # The admin sends its own paths to its login; an absolute address names our own path, which wants a login.
    to_login = answer.status == 302 and answer.headers["location"].startswith("/admin/login/")
    assert to_login or answer.status in (400, 401, 404), (answer.status, answer.body[:200])
    assert b"SECRET" not in answer.body
    assert b"root:" not in answer.body


HOSTS = [
    b"evil.test", b"127.0.0.1.evil.test", b"evil.test:80", b"127.0.0.1@evil.test", b"127.0.0.1:80@evil.test",
    b"127.0.0.1,evil.test", b"127.0.0.1 evil.test", b"[::1]evil", b"127.0.0.1/evil", b"127.0.0.1:x", b".", b"\xff",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("target", [SEARCH + b"a", b"/login/kakao", b"/api/v1/me", b"/admin/"])
def test_no_made_up_host_is_believed(product: Product, target, host):
    answer = product.raw(target, headers=b"Host: " + host + b"\r\n")
    assert answer.status == 400, answer.body[:200]
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("header", [b"X-Forwarded-Host", b"X-Host", b"Forwarded", b"X-Original-URL", b"X-Rewrite-URL"])
def test_no_other_header_moves_a_request(product: Product, header):
    answer = product.raw(b"/login/kakao", headers=header + b": evil.test/admin/\r\n")
    assert answer.status == 302
    assert "evil" not in answer.headers["location"]


@pytest.mark.parametrize("value", [b"a\r\nX-Evil: 1", b"a%0d%0aX-Evil: 1", b"a\tb", "가".encode(), b"a" * 300])
@pytest.mark.parametrize("header", [b"X-Request-ID", b"X-Install-ID", b"Idempotency-Key", b"If-None-Match", b"Origin"])
def test_no_header_comes_back_as_another(product: Product, header, value):
    answer = product.raw(b"/api/v1/installs", method=b"POST", headers=header + b": " + value + b"\r\n")
    assert answer.status in (201, 400)
    assert "x-evil" not in answer.headers
    assert all("X-Evil" not in text for text in answer.headers.values())


def test_nothing_was_logged_as_an_unhandled_fault(product: Product):
    nothing_leaked(product)
