from functools import partial

import pytest

from core.errors import InvalidQuery
from core.pagination import envelope, link, page_of, read_cursor, sign_cursor

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


# Two of them at the same moment.
ROWS = [(1, "a"), (2, "a"), (2, "b"), (3, "a"), (4, "a")]
page = partial(page_of, name="rows", place=lambda row: row, limit=2)


def test_pages_of_a_list_read_whole_forth_and_back():
    first = page(ROWS)
    second = page(ROWS, cursor=first.next)
    third = page(ROWS, cursor=second.next)
    assert [list(one.rows) for one in (first, second, third)] == [ROWS[:2], ROWS[2:4], ROWS[4:]]
    assert (first.previous, third.next) == (None, None)
    assert page(ROWS, cursor=second.previous) == first
    assert page(ROWS, cursor=third.previous) == second


def test_pages_do_not_shift_when_rows_come_or_go():
    after = page(ROWS).next
    assert page([(0, "z"), *ROWS], cursor=after).rows == ROWS[2:4]
    assert page(ROWS[2:], cursor=after).rows == ROWS[2:4]
    assert page(ROWS[:2], cursor=after) == page([])


@pytest.mark.parametrize("name", ["other-after-a", "rows-within-a", "rows"])
def test_a_cursor_of_another_list_is_refused(name):
    with pytest.raises(InvalidQuery):
        page(ROWS, cursor=sign_cursor(name, 1))


def test_links_and_the_envelope():
    assert link("/api/v1/medicines", None) is None
    assert link("/api/v1/medicines", "a.1~b", limit=5) == "/api/v1/medicines?limit=5&cursor=a.1~b"
    assert envelope([1]) == {"results": [1], "next": None, "previous": None}
