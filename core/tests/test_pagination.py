import pytest

from core.errors import InvalidQuery
from core.pagination import envelope, link, read_cursor, sign_cursor

CURSOR = sign_cursor("a1b2c3", 20)


def test_a_cursor_says_what_was_signed():
    assert read_cursor(CURSOR) == ("a1b2c3", 20)
    assert sign_cursor("a1b2c3", 20) == CURSOR != sign_cursor("a1b2c3", 21)


TAMPERED = {
    "longer": CURSOR + "x",
    "other": "0" + CURSOR,
    "another place": CURSOR.replace(".20~", ".21~"),
    "empty": "",
    "made up": "a.b~c",
    "huge": CURSOR * 50,
    "surrogate": "\ud800",
    "hangul": "한글",
}


@pytest.mark.parametrize("cursor", TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_cursor_is_refused(cursor):
    with pytest.raises(InvalidQuery) as refused:
        read_cursor(cursor)
    assert [(error.field, error.code) for error in refused.value.errors] == [("cursor", "signature")]


def test_links_and_the_envelope():
    assert link("/api/v1/medicines", None) is None
    assert link("/api/v1/medicines", "a.1~b", limit=5) == "/api/v1/medicines?limit=5&cursor=a.1~b"
    assert envelope([1]) == {"results": [1], "next": None, "previous": None}
