"""Every operation of the schema that takes a body, and bodies that no client of ours sends."""

import json
import re

import pytest

from accounts.models import User
from config.tests.owning import OWNED, kept
from config.tests.walking import METHODS, collection, operations, texts, with_text
from core.errors import PROBLEMS

HANGUL = re.compile(r"[가-힣]")
WITH_BODY = [operation for operation in operations() if operation.body is not None]
TEXTS = [(operation, at) for operation in WITH_BODY for at in sorted(set(texts(operation.body)), key=str)]
QUERIES = [(operation, query["name"]) for operation in operations() for query in operation.queries]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.THROTTLE_ENABLED = False


@pytest.fixture(scope="module")
def owner(django_db_setup, django_db_blocker):
    with kept(django_db_blocker) as (owner, _):
        yield owner


def address(owner, operation):
    """With the id of something of the user's own in it, so that the body is read."""
    owned = "{" in operation.path and collection(operation.path) in OWNED
    return operation.address(owner.ids[collection(operation.path)]) if owned else operation.address()


def send(client, owner, operation, body, *, kind="application/json", **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    where = address(owner, operation)
    return client.generic(operation.method.upper(), where, raw, kind, **owner.signed(), **headers)


def told(answer, *statuses):
    """A problem document in Korean with one of these statuses."""
    assert answer.status_code in statuses, answer.content.decode()
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["type"].removeprefix("/problems/") in PROBLEMS
    assert HANGUL.search(body["detail"])
    for error in body["errors"]:
        assert HANGUL.search(error["detail"]), error
        assert "non_field_errors" not in error["field"]
    return body


def test_there_is_something_to_walk():
    assert {"patch /api/v1/me", "post /api/v1/auth/kakao"} <= {str(operation) for operation in WITH_BODY}
    assert ("meal_times", "breakfast") in [at for _, at in TEXTS]


@pytest.mark.parametrize(("operation", "at"), TEXTS, ids=[f"{o} {at}" for o, at in TEXTS])
@pytest.mark.parametrize("text", [
    "a\0b", "\0", "\ud800", "\udfff\ud800", "a\udc00", "가" * 100_000, "\r\nSet-Cookie: a=1\r\n\r\n",
], ids=["nul", "nul alone", "surrogate", "surrogates", "low surrogate", "100,000", "header"])  # fmt: skip
def test_text_that_is_none(client, owner, operation, at, text):
    """Refused, and the refusal names the field; line breaks may be meant in notes."""
    answer = send(client, owner, operation, with_text(at, text))
    if text.startswith("\r\n"):
        assert answer.status_code < 500
        assert "a" not in answer.cookies
        return
    fields = [error["field"].split(".")[0] for error in told(answer, 400)["errors"]]
    assert str(at[0]) in fields


BODIES = {
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "never closed": b'{"a":' * 100_000,
    "a key twice": b'{"a":1,"a":2}',
    "a list": b"[]",
    "a list of objects": b"[{}]",
    "a text": b'"a"',
    "a number": b"1",
    "true": b"true",
    "null": b"null",
    "NaN": b'{"a":NaN}',
    "beyond all": b'{"a":1e999}',
    "many digits": b'{"a":' + b"9" * 10_000 + b"}",
    "cut short": b'{"a":',
    "no UTF-8": b'{"a":"\xff"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "a mark in front": b"\xef\xbb\xbf{}",
    "NUL": b"\0",
    "two": b"{}{}",
    "a script": b"<script>alert(1)</script>",
    "an entity": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "prototype": b'{"__proto__":{"is_staff":true}}',
    "constructor": b'{"constructor":{"prototype":{"a":1}}}',
    "50,000 keys": json.dumps({f"k{n}": n for n in range(50_000)}).encode(),
}


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_bodies_that_are_none(client, owner, operation, body):
    answer = send(client, owner, operation, body)
    problem = told(answer, 400)
    assert len(answer.content) < 10_000
    assert len(problem["errors"]) <= 30


KINDS = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
    "text/json", "application/json; charset=utf-16", "application/json; charset=bz2", "application/octet-stream",
    "application/jsonp", "x", "/", "한글",
]  # fmt: skip


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_other_types_of_content(client, owner, operation, kind):
    told(send(client, owner, operation, b"{}", kind=kind), 415)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_more_than_a_megabyte(client, owner, operation):
    told(send(client, owner, operation, b'{"a":"' + b"a" * 1_048_576 + b'"}'), 413)


NOT_YOURS = {
    "is_staff": True, "is_superuser": True, "is_active": True, "user": "1", "user_id": "1", "owner": "1", "id": "1",
    "pk": 1, "kakao_sub": "1", "username": "boss", "password": "x", "created_at": "2020-01-01T00:00:00Z",
    "prefs_version": 99, "session_epoch": 99, "groups": [1], "user_permissions": [1], "version": 9,
}  # fmt: skip


def asks_for(operation, name):
    return any(name in kind.get("properties", {}) for kind in (operation.body, *operation.body.get("oneOf", ())))


NOT_ASKED_FOR = [(each, name) for each in WITH_BODY for name in NOT_YOURS if not asks_for(each, name)]


@pytest.mark.parametrize(("operation", "name"), NOT_ASKED_FOR, ids=[f"{o} {name}" for o, name in NOT_ASKED_FOR])
def test_nobody_sets_what_is_not_asked_for(client, owner, operation, name):
    before = list(User.objects.order_by("pk").values())
    answer = send(client, owner, operation, {name: NOT_YOURS[name]})
    problem = told(answer, 400)
    assert (name, "unknown") in [(e["field"], e["code"]) for e in problem["errors"]]
    assert list(User.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(("operation", "name"), QUERIES, ids=[f"{o} {name}" for o, name in QUERIES])
@pytest.mark.parametrize("text", ["%00", "a%00b", "%ED%A0%80", "%FF", "%C0%AF", "1&{}=2"])
def test_queries_that_are_none(client, owner, operation, name, text):
    raw = f"{address(owner, operation)}?{name}={text.format(name)}"
    # The webhook reads nothing of who lacks Kakao's key.
    told(client.generic(operation.method.upper(), raw, **owner.signed()), 400, 404, 401)


@pytest.mark.parametrize("operation", operations(), ids=str)
@pytest.mark.parametrize("way", [
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}, {"HTTP_X_METHOD_OVERRIDE": "DELETE"}, {"HTTP_X_HTTP_METHOD": "DELETE"},
    {"QUERY_STRING": "_method=DELETE"},
])  # fmt: skip
def test_the_method_is_the_one_that_was_sent(client, owner, operation, way):
    if operation.method == "delete":
        return
    answer = send(client, owner, operation, b"{}", **way)
    assert answer.status_code < 500
    assert User.objects.filter(pk=owner.user.pk).exists()


@pytest.mark.parametrize("path", sorted({operation.path for operation in operations()}))
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "PUT", "LINK", "get", "G E T", "한글"])
def test_other_methods(client, owner, path, method):
    described = [operation for operation in operations() if operation.path == path]
    if method.lower() in [operation.method for operation in described if method in METHODS or method.isupper()]:
        return
    answer = client.generic(method, address(owner, described[0]), **owner.signed())
    assert told(answer, 405)["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize("operation", operations(), ids=str)
def test_what_a_client_does_not_take_is_told_in_the_schema(client, owner, operation):
    """406 where the schema has it, and nowhere else."""
    addresses = {operation.address(), operation.address(7)}
    answers = [getattr(client, operation.method)(each, HTTP_ACCEPT="image/png", **owner.signed()) for each in addresses]
    assert (406 in [answer.status_code for answer in answers]) == ("406" in operation.statuses)
