import io
from types import SimpleNamespace

import pytest
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from core.errors import PayloadTooLarge
from core.json_bodies import MAX_DEPTH, StrictJSONParser

REFUSED = {
    "deep lists": b"[" * 33 + b"]" * 33,
    "deep objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "very deep": b"[" * 500_000,
    "brackets in a text that never ends": b'["' + b'\\"[' * 300_000,
    "a key twice": b'{"a":1,"a":2}',
    "a key twice, inside": b'{"a":[{"b":1,"b":1}]}',
    "a key twice, spelled in two ways": b'{"a":1,"\\u0061":2}',
    "NaN": b'{"a":NaN}',
    "Infinity": b"[-Infinity]",
    "a number beyond all": b"[1e999]",
    "a number of 5,000 digits": b"[" + b"9" * 5_000 + b"]",
    "no UTF-8": b'["\xff"]',
    "UTF-16": '["a"]'.encode("utf-16"),
    "a mark in front": b"\xef\xbb\xbf[]",
    "two values": b"{}{}",
    "a comment": b"{}//",
    "nothing": b" ",
}


def parse(body, *, charset=None):
    content = {"charset": charset} if charset else {}
    request = SimpleNamespace(_request=SimpleNamespace(content_params=content))
    return StrictJSONParser().parse(io.BytesIO(body), "application/json", {"request": request})


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(body):
    with pytest.raises(ParseError):
        parse(body)


@pytest.mark.parametrize(("body", "value"), [
    (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    (b'{"a":"' + b"[" * 46 + b'\\"{{{"}', {"a": "[" * 46 + '"{{{'}),
    (b"[" + b"[]," * 999 + b"[]]", [[]] * 1000),
    ('{"이름":"타이레놀"}'.encode(), {"이름": "타이레놀"}),
    (b'{"a":{"b":1},"c":{"b":1.5}}', {"a": {"b": 1}, "c": {"b": 1.5}}),
])  # fmt: skip
def test_what_is_read(body, value):
    read = parse(body)
    assert value is None or read == value


def test_a_hostile_megabyte_costs_one_reading():
    """Quadratic reading of it would take minutes; the time limit of a test is two."""
    for piece in (b'\\"', b'"', b'"\\', b'\\\\"[', b'["'):
        with pytest.raises(ParseError):
            parse(b'"' + b"[" * 40 + b'"' + piece * (1_000_000 // len(piece)))


@pytest.mark.parametrize("charset", ["utf-16", "bz2", "zlib", "rot13", "idna", "latin-1"])
def test_only_utf_8(charset):
    with pytest.raises(UnsupportedMediaType):
        parse(b"{}", charset=charset)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8"])
def test_utf_8_may_be_named(charset):
    assert parse(b"{}", charset=charset) == {}


def test_a_megabyte_at_most(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert parse(b'"' + b"a" * 98 + b'"') == "a" * 98
    with pytest.raises(PayloadTooLarge):
        parse(b'"' + b"a" * 99 + b'"')
