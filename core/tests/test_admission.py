"""What a stranger says about the connection, the body's size and its charset is not believed."""

import pytest

from core.wsgi import Utf8Request

pytestmark = pytest.mark.urls("core.tests.urls")


@pytest.fixture(autouse=True)
def _behind_tls(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]


def ask(client, *, remote, **headers):
    return client.get("/problems", REMOTE_ADDR=remote, headers=headers)


def test_a_proxys_word_makes_a_request_secure(client):
    answer = ask(client, remote="10.1.2.3", **{"x-forwarded-proto": "https"})
    assert answer.status_code == 200
    assert answer.wsgi_request.is_secure()


@pytest.mark.parametrize(("remote", "said"), [
    ("203.0.113.9", "https"), ("10.1.2.3", "http"), ("10.1.2.3", "HTTPS, http"), ("", "https"), ("nonsense", "https"),
])  # fmt: skip
def test_a_strangers_word_does_not(client, remote, said):
    answer = ask(client, remote=remote, **{"x-forwarded-proto": said})
    assert answer.status_code == 301
    assert answer["Location"] == "https://testserver/problems"


@pytest.mark.parametrize("header", ["x-forwarded-ssl", "x-forwarded-scheme", "front-end-https", "x-url-scheme"])
def test_other_headers_of_that_kind_mean_nothing(client, header):
    assert ask(client, remote="10.1.2.3", **{header: "https"}).status_code == 301


@pytest.mark.parametrize("header", ["x-forwarded-host", "x-host", "x-original-host", "forwarded"])
def test_no_header_but_host_names_the_host(client, header):
    assert ask(client, remote="10.1.2.3", **{header: "evil.test"})["Location"] == "https://testserver/problems"


@pytest.mark.parametrize(("path", "length", "status"), [
    ("/plain/problem", "1048577", 413),
    ("/plain/problem", "99999999999999999999999", 413),
    ("/plain/problem", "1048576", 400),
    ("/plain/problem", "", 400),
    ("/unguarded/problem", "1048577", 413),
    ("/api/problem", "1048577", 413),
    ("/no/such/path", "1048577", 404),
])  # fmt: skip
def test_a_body_over_a_megabyte_is_refused_unread(client, settings, path, length, status):
    settings.SECURE_SSL_REDIRECT = False
    assert client.get(path, CONTENT_LENGTH=length).status_code == status


@pytest.mark.parametrize("charset", ["rot13", "bz2", "zlib", "utf-16", "idna", "unicode_escape", "no-such"])
def test_a_query_is_utf_8_whatever_the_charset_of_the_body(rf, charset):
    environ = rf.get("/echo?q=%EC%95%BD").environ | {"CONTENT_TYPE": f"text/plain; charset={charset}"}
    request = Utf8Request(environ)
    assert request.GET["q"] == "약"
    assert request.content_type == "text/plain"
