import json
import pickle

import pytest

from core.errors import PROBLEMS, MethodNotAllowed, Problem, VendorError
from core.errors.problems import _Later

pytestmark = [pytest.mark.urls("core.tests.urls")]

MEMBERS = {"type", "title", "status", "detail", "errors", "request_id"}


@pytest.fixture(autouse=True)
def _no_limits(settings, client):
    settings.THROTTLE_ENABLED = False
    client.raise_request_exception = False


def told(response, status, slug):
    body = json.loads(response.content)
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert body.keys() == MEMBERS
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["request_id"] == response["X-Request-ID"]
    assert response["Cache-Control"] == "no-store"
    return body


PLAIN = [
    ("problem", 400, "invalid-query"),
    ("source", 503, "source-down"),
    ("vendor", 503, "source-down"),
    ("database", 503, "unavailable"),
    ("missing", 404, "not-found"),
    ("denied", 403, "forbidden"),
    ("suspicious", 400, "invalid-query"),
    ("bug", 500, "internal-error"),
]
DRF = [
    ("drf-parse", 400, "invalid-body"),
    ("drf-auth", 401, "not-authenticated"),
    ("drf-missing", 404, "not-found"),
    ("drf-denied", 403, "forbidden"),
    ("drf-wait", 429, "throttled"),
]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("prefix", ["plain", "unguarded", "api"])
@pytest.mark.parametrize(("kind", "status", "slug"), PLAIN)
def test_every_exception_is_a_problem_in_every_kind_of_view(client, settings, debug, prefix, kind, status, slug):
    settings.DEBUG = debug
    body = told(client.get(f"/{prefix}/{kind}"), status, slug)
    for secret in ("10.0.0.9", "row 5", "secret reason", "a detail of ours"):
        assert secret not in json.dumps(body)


@pytest.mark.parametrize(("kind", "status", "slug"), DRF)
def test_drfs_own_exceptions_are_problems(client, kind, status, slug):
    response = client.get(f"/api/{kind}")
    told(response, status, slug)
    if status == 401:
        assert response["WWW-Authenticate"] == "Bearer"
    if status == 429:
        assert response["Retry-After"] == "4"


def test_field_errors_name_field_code_and_detail(client):
    body = told(client.get("/plain/problem"), 400, "invalid-query")
    assert body["errors"] == [{"field": "q", "code": "empty", "detail": "비어 있어요."}]


def test_a_serializers_errors_are_listed_flat(client):
    response = client.post("/api/x", {"name": "toolong", "inner": [1, "x"]}, content_type="application/json")
    body = told(response, 400, "invalid-body")
    assert {(e["field"], e["code"]) for e in body["errors"]} == {("name", "max_length"), ("inner.1", "invalid")}


@pytest.mark.parametrize(("body", "kind", "status", "slug"), [
    (b"{", "application/json", 400, "invalid-body"),
    (b"[1]", "application/json", 400, "invalid-body"),
    (b"\xff\xfe", "application/json", 400, "invalid-body"),
    (b"a=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
    (b"x" * 1_100_000, "application/json", 413, "payload-too-large"),
])  # fmt: skip
def test_bad_bodies(client, body, kind, status, slug):
    told(client.post("/api/x", body, content_type=kind), status, slug)


@pytest.mark.parametrize("path", ["/nope", "/echo/", "/livez/", "/api/v1/nope", "/%ED%A0%80", "/%00"])
def test_unknown_paths_and_trailing_slashes(client, path):
    told(client.get(path), 404, "not-found")


@pytest.mark.parametrize("path", ["/echo", "/api/x"])
def test_wrong_methods_say_which_are_right(client, path):
    response = client.delete(path)
    told(response, 405, "method-not-allowed")
    assert "GET" in response["Allow"]


def test_a_made_up_host_is_refused(client, settings):
    settings.ALLOWED_HOSTS = ["pilling.test"]
    told(client.get("/echo", headers={"host": "evil.test"}), 400, "invalid-query")


def test_retry_after(client):
    assert client.get("/plain/source")["Retry-After"] == "7"
    assert int(client.get("/plain/database")["Retry-After"]) > 0


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_problem_has_a_page(client, slug):
    page = client.get(f"/problems/{slug}")
    assert page.status_code == 200
    assert PROBLEMS[slug].explanation[:10] in page.content.decode()
    assert f"/problems/{slug}" in client.get("/problems").content.decode()


def test_every_problem_is_registered():
    def below(kind):
        return {kind} | {k for sub in kind.__subclasses__() for k in below(sub)}

    assert below(Problem) - {Problem, _Later} == set(PROBLEMS.values())
    told_here = [kind(()) if kind is MethodNotAllowed else kind() for kind in PROBLEMS.values()]
    assert all(p.title and p.detail and 400 <= p.status < 600 for p in told_here)


def test_an_unknown_problem_page_is_a_problem(client):
    told(client.get("/problems/nope"), 404, "not-found")


@pytest.mark.parametrize("kind", VendorError.__subclasses__())
def test_vendor_errors_survive_the_way_between_processes(kind):
    again = pickle.loads(pickle.dumps(kind("v", "why")))  # noqa: S301 (our own bytes)
    assert (type(again), again.vendor, again.reason) == (kind, "v", "why")


@pytest.mark.parametrize(("raw", "code"), [
    ("q=%ED%A0%80", "encoding"),
    ("q=%FF", "encoding"),
    ("q=a%00b", "nul"),
    ("%00=a", "nul"),
    ("q=1&q=2", "repeated"),
    ("&".join(f"p{n}=1" for n in range(50)), "too_many"),
    ("surprise=1", "unknown"),
])  # fmt: skip
def test_bad_queries_are_named(client, raw, code):
    body = told(client.get("/echo?" + raw), 400, "invalid-query")
    assert code in {e["code"] for e in body["errors"]}


@pytest.mark.parametrize(
    "q", ["타이레놀", "%", "_", "\\", "'; DROP TABLE medicine; --", "<script>", "💊", "ＡＢＣ", "", " "]
)
def test_odd_but_valid_queries_arrive_unchanged(client, q):
    assert client.get("/echo", {"q": q}).json() == {"q": q}
