"""What nginx adds: TLS, headers, limits, closed doors. The cache: test_edge_cache.py."""

import json
import socket
import ssl
import subprocess

import pytest
import requests

from config.tests.running import Answer, wait_for
from deploy.tests.edge import HOST, needs_nginx

pytestmark = needs_nginx
SECURITY = {
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


def problem(answer, status, slug):
    """A problem document in Korean with this answer's own request id."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert (body["type"], body["status"]) == (f"/problems/{slug}", status)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert any("가" <= sign <= "힣" for sign in body["detail"])
    assert answer.headers["cache-control"] == "no-store"
    assert SECURITY.items() <= answer.headers.items()


def test_the_file_is_well_formed(edge):
    done = subprocess.run(edge.command("-t"), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_plain_http_leads_to_tls(edge):
    address = f"http://127.0.0.1:{edge.http}/api/v1/medicines?q=a"
    answer = requests.get(address, headers={"Host": HOST}, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{HOST}/api/v1/medicines?q=a")


def test_a_certificates_issuer_is_shown_its_token(edge):
    """By plain HTTP, while everything else is led to TLS."""
    shown = edge.folder / "html" / "acme" / ".well-known" / "acme-challenge" / "token"
    shown.parent.mkdir(parents=True)
    shown.write_text("token.thumbprint")
    address = f"http://127.0.0.1:{edge.http}/.well-known/acme-challenge/token"
    answer = requests.get(address, headers={"Host": HOST}, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.text) == (200, "token.thumbprint")


def shake_hands(edge, context):
    line = socket.create_connection(("127.0.0.1", edge.tls), timeout=60)
    with line, context.wrap_socket(line, server_hostname=HOST) as safe:
        return safe.version(), safe.selected_alpn_protocol()


def test_http2_over_modern_tls(edge):
    assert shake_hands(edge, edge.trust("h2", "http/1.1")) == ("TLSv1.3", "h2")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(edge):
    old = edge.trust()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake_hands(edge, old)


@pytest.mark.parametrize("path", [
    "/api/v1/medicines?q=a", "/api/v1/medicines?q=", "/api/v1/medicines/0", "/api/v1/medicinesx", "/api/v1/me",
    "/login", "/livez", "/nowhere", "/metrics",
])  # fmt: skip
def test_every_answer_has_the_security_headers_once(edge, path):
    for _ in range(3):  # the second and third may be out of the cache
        has_security_headers_once(edge, path)


def test_a_preflight_and_a_strange_host_have_them_too(edge):
    asks = {"Origin": "https://app.pilling.test", "Access-Control-Request-Method": "GET"}
    assert has_security_headers_once(edge, "/api/v1/medicines?q=a", method="OPTIONS", **asks) == 200
    assert has_security_headers_once(edge, "/api/v1/medicines?q=a", Host="evil.example") == 400


def test_what_gunicorn_refuses_has_them_too(edge):
    """nginx takes longer addresses than gunicorn does, so this one has never met Django."""
    assert has_security_headers_once(edge, "/api/v1/medicines?q=" + "a" * 8_000) == 414


def has_security_headers_once(edge, path, *, method="GET", **headers):
    connection = edge.connect()
    connection.request(method, path, headers={"Host": HOST} | headers)
    answer = connection.getresponse()
    connection.close()
    given = [(name.lower(), value) for name, value in answer.getheaders()]
    names = [name for name, _ in given]
    for name in (*SECURITY, "content-security-policy", "x-request-id"):
        assert names.count(name) == 1, name
    assert SECURITY.items() <= dict(given).items()
    assert "x-searched" not in names
    return answer.status


def test_nginx_does_not_tell_its_version(edge):
    assert edge.ask("/livez").headers["server"] == "nginx"


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/metrics/", "/%6detrics", "/./readyz", "/readyz?x=1"])
def test_what_is_for_inside_is_closed(edge, path):
    problem(edge.ask(path), 404, "not-found")


def test_the_inner_name_is_refused(edge):
    connection = edge.connect()
    connection.request("GET", "/livez", headers={"Host": "web"})
    assert connection.getresponse().status == 421
    connection.close()


def test_the_containers_name_is_for_being_watched_alone(edge):
    """It gets through to the product, which knows no such name."""
    assert edge.ask("/livez", Host="nginx").json() == {"status": "ok"}
    for path in ("/livez/", "/readyz", "/metrics", "/api/v1/medicines?q=a", "/"):
        assert edge.ask(path, Host="nginx").status == 421


def test_a_strange_host_is_refused_by_the_product(edge):
    connection = edge.connect()
    connection.request("GET", "/api/v1/medicines?q=a", headers={"Host": "evil.example"})
    assert connection.getresponse().status == 400
    connection.close()


def test_a_body_that_is_too_large(edge):
    problem(edge.ask("/api/v1/auth/kakao", method="POST", body=b"x" * 1_048_577), 413, "payload-too-large")


def test_an_address_that_is_too_long(edge):
    problem(edge.ask("/api/v1/medicines?q=" + "a" * 20_000), 414, "uri-too-long")


def test_headers_that_are_too_large(edge):
    problem(edge.ask("/livez", X_Long="a" * 20_000), 431, "headers-too-large")


def test_a_request_that_cannot_be_read(edge):
    line = socket.create_connection(("127.0.0.1", edge.tls), timeout=60)
    with line, edge.trust().wrap_socket(line, server_hostname=HOST) as safe:
        safe.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        head, _, body = safe.recv(65_536).partition(b"\r\n\r\n")
    assert b" 400 " in head.split(b"\r\n")[0]
    assert json.loads(body)["type"] == "/problems/malformed-request"


def test_what_a_client_says_of_its_address_is_not_believed(edge):
    """All three count in one bucket: the address that nginx sees."""
    spoofs = ({}, {"X_Forwarded_For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.10"})
    left = [int(edge.search(f"spoof{n}", **spoof).headers["ratelimit-remaining"]) for n, spoof in enumerate(spoofs)]
    assert left[0] - left[2] == 2
    another = int(edge.search("spoof9", source="127.0.0.77").headers["ratelimit-remaining"])
    assert another > left[0]


def test_a_request_id_that_is_given_is_kept_and_one_that_is_odd_is_not(edge):
    assert edge.ask("/livez", X_Request_ID="abcdefgh-12345678").headers["x-request-id"] == "abcdefgh-12345678"
    made = edge.ask("/livez", X_Request_ID="a b").headers["x-request-id"]
    assert made != "a b"
    assert len(made) == 32


def test_static_files_never_change_when_their_name_has_a_digest(edge):
    folder = edge.folder / "html" / "static"
    (folder / "page.0123456789ab.css").write_text("p { margin: 0 }" * 100)
    (folder / "plain.css").write_text("p { margin: 0 }")
    hashed = edge.ask("/static/page.0123456789ab.css", Accept_Encoding="gzip")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["content-encoding"] == "gzip"
    assert edge.ask("/static/plain.css").headers["cache-control"] == "public, max-age=300"
    assert edge.ask("/static/none.css").status == 404


def test_json_is_compressed_where_nothing_is_secret(edge):
    assert edge.search("%ED%83%80%EC%9D%B4", Accept_Encoding="gzip").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in edge.ask("/login", Accept_Encoding="gzip").headers


def test_a_flood_from_one_address_is_held_back(edge):
    """Beyond what the product allows to an address twice over; another address is not touched."""
    found = 0
    connection = edge.connect(source="127.0.0.66")
    # A slow machine sends few more than are forgiven meanwhile.
    for _ in range(20_000):
        connection.request("GET", "/nowhere", headers={"Host": HOST})
        answer = Answer(connection.getresponse())
        if answer.status == 429:
            break
        found += answer.status == 404
        if answer.headers["connection"] == "close":
            connection.close()
    connection.close()
    assert found >= 2_500
    problem(answer, 429, "throttled")
    assert answer.headers["retry-after"] == "1"
    assert edge.ask("/nowhere", source="127.0.0.67").status == 404


def test_the_access_log_tells_no_query_and_no_path(edge):
    paths = ("medicines?q=secretword", "medicines/195700020/summary?keyword=secretword",
             "calendar/secrettoken0123456789abcdef.ics")  # fmt: skip
    edge.ask("/api/v1/medicines?q=secretword", X_Long="a" * 20_000)
    for number, path in enumerate(paths):
        edge.ask(f"/api/v1/{path}", X_Request_ID=f"told-below-{number}")
    # Each worker writes its lines together, a second later at most.
    wait_for(lambda: all(f"told-below-{number}" in edge.log() for number in range(len(paths))))
    text = edge.log()
    assert '"route":"search"' in text
    assert '"route":"summary"' in text
    for secret in ("secretword", "secrettoken", "195700020", "127.0.0.1"):
        assert secret not in text
    assert all(json.loads(line)["request_id"] for line in edge.access.read_text().splitlines())
