import pytest

from core import pagination, stores
from core.errors import CursorExpired, InvalidQuery, Unavailable
from core.pagination import Snapshot, cut, envelope, link, open_page, store

SNAPSHOT = Snapshot(tuple(range(25)), {"query": "타이레놀"})


def test_pages_forward_and_back():
    page = cut(SNAPSHOT, store(SNAPSHOT), start=0, limit=10)
    assert (page.items, page.previous) == (tuple(range(10)), None)
    second = open_page(page.next, limit=10)
    third = open_page(second.next, limit=10)
    assert (third.items, third.next) == (tuple(range(20, 25)), None)
    assert open_page(third.previous, limit=10).items == second.items == tuple(range(10, 20))
    assert third.context == {"query": "타이레놀"}


def test_at_most_two_hundred_results():
    many = Snapshot(tuple(range(500)), {})
    page = cut(many, store(many), start=0, limit=50)
    seen = list(page.items)
    while page.next:
        page = open_page(page.next, limit=50)
        seen += page.items
    assert seen == list(range(200))


def test_the_same_result_has_the_same_cursor():
    assert cut(SNAPSHOT, store(SNAPSHOT), start=0, limit=5) == cut(SNAPSHOT, store(SNAPSHOT), start=0, limit=5)


def test_a_snapshot_is_kept_ten_minutes():
    name = store(SNAPSHOT)
    assert 590 <= stores.cache.client.ttl(f"pilling:snapshot:{name}") <= 600
    cursor = cut(SNAPSHOT, name, start=0, limit=5).next
    stores.cache.client.delete(f"pilling:snapshot:{name}")
    with pytest.raises(CursorExpired):
        open_page(cursor, limit=5)


TAMPERED = {
    "longer": lambda c: c + "x",
    "other": lambda c: "0" + c,
    "empty": lambda c: "",
    "made up": lambda c: "a.b~c",
    "huge": lambda c: c * 50,
    "surrogate": lambda c: "\ud800",
    "hangul": lambda c: "한글",
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_cursor_is_refused(change):
    cursor = cut(SNAPSHOT, store(SNAPSHOT), start=0, limit=5).next
    with pytest.raises(InvalidQuery):
        open_page(change(cursor), limit=5)


def test_without_redis_there_is_one_page_and_old_cursors_wait(killable):
    cursor = cut(SNAPSHOT, store(SNAPSHOT), start=0, limit=5).next
    killable.kill()
    assert cut(SNAPSHOT, store(SNAPSHOT), start=0, limit=5).next is None
    with pytest.raises(Unavailable):
        open_page(cursor, limit=5)


def test_links_and_the_envelope():
    assert link("/api/v1/medicines", None) is None
    assert link("/api/v1/medicines", "a.1~b", limit=5) == "/api/v1/medicines?limit=5&cursor=a.1~b"
    assert envelope([1]) == {"results": [1], "next": None, "previous": None}
    assert pagination.SNAPSHOT_SECONDS == 600
