"""Whatever a stranger asks the search for gets a Korean problem document, or a plain empty result; never a 500."""

from urllib.parse import quote

import pytest

from config.tests.running import Product
from config.tests.told import KNOWN_SEQ, SEARCH, empty, nothing_leaked, told

NOT_FOUND_SEQ = b"999999999999"


# --- the text of a search ---

REFUSED = {
    "none": b"/api/v1/medicines",
    "empty": SEARCH,
    "spaces": SEARCH + b"%20%20%20",
    "plus spaces": SEARCH + b"+++",
    "ideographic spaces": SEARCH + quote("　　").encode(),
    "zero width only": SEARCH + quote("\u200b\u200d\ufeff").encode(),
    "101 characters": SEARCH + quote("가" * 101).encode(),
    "200 letters": SEARCH + b"a" * 200,
    "NUL": SEARCH + b"%00",
    "NUL inside": SEARCH + quote("타이").encode() + b"%00" + quote("레놀").encode(),
    "NUL in a name": b"/api/v1/medicines?q=a&%00=1",
    "high surrogate": SEARCH + b"%ED%A0%80",
    "low surrogate": SEARCH + b"%ED%B0%80",
    "a pair of surrogates": SEARCH + b"%ED%A0%BD%ED%B8%80",
    "invalid byte": SEARCH + b"%FF",
    "cut short": SEARCH + b"%ED%83",
    "overlong slash": SEARCH + b"%C0%AF",
    "EUC-KR": SEARCH + quote("타이레놀".encode("euc-kr")).encode(),
    "twice": SEARCH + b"a&q=b",
    "unknown parameter": SEARCH + b"a&page=2",
    "php array": b"/api/v1/medicines?q[]=a",
    "many parameters": SEARCH + b"a&" + b"&".join(b"x%d=1" % n for n in range(60)),
}


@pytest.mark.parametrize("target", REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("path", [b"/api/v1/medicines", b"/api/v1/medicines/suggest"])
def test_a_bad_query_is_refused(product: Product, path, target):
    body = told(product.raw(target.replace(b"/api/v1/medicines", path, 1)), 400, "invalid-query")
    assert body["errors"], body


HARMLESS = {
    "percent": "%",
    "percents": "%%%",
    "underscore": "_",
    "underscores": "___",
    "backslash": "\\",
    "backslash at the end": "타이레놀이없는\\",
    "quote": "'",
    "double quote": '"',
    "backtick": "`",
    "dollar": "$1",
    "regular expression": ".*",
    "emoji": "💊",
    "family emoji": "👨‍👩‍👧",
    "one combining mark": "\u0301",
    "right to left": "\u202eabc",
    "sql": "'; DROP TABLE medicine; --",
    "union": "' UNION SELECT password FROM auth_user --",
    "or": "x' OR '1'='1",
    "sleep": "1;SELECT pg_sleep(9)",
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "template": "{{7*7}}${7*7}",
    "path": "../../../../etc/passwd",
    "format": "%s%s%n",
    "log lines": "a\r\nX-Evil: 1",
    "100 characters": "@" * 100,
    "private use": "\ue000",
    "not a character": "\uffff",
    "beyond the plane": "\U0010ffff",
    "arabic digits": "٣٤٥",
}


@pytest.mark.parametrize("q", HARMLESS.values(), ids=HARMLESS.keys())
def test_odd_text_finds_nothing_and_breaks_nothing(product: Product, q):
    target = quote(q, safe="").encode()
    answer = product.raw(SEARCH + target)
    if answer.status == 400:  # signs alone, without a letter to look for, may be refused as well
        told(answer, 400, "invalid-query")
    else:
        empty(answer)
        assert answer.headers["content-type"] == "application/json"
    assert product.raw(b"/api/v1/medicines/suggest?q=" + target).status in (200, 400)


@pytest.mark.parametrize("sign", ["%", "_", "\\", "*"])
def test_a_wildcard_widens_nothing(product: Product, sign):
    plain = product.search("타이레놀", limit=50).json()["results"]
    assert plain
    assert product.search(f"{sign}타이레놀{sign}", limit=50).json()["results"] == plain
    # Between two letters it is no letter at all: what is found is what the letters alone find.
    assert (
        product.search(f"타{sign}놀", limit=50).json()["results"] == product.search("타놀", limit=50).json()["results"]
    )


@pytest.mark.parametrize("q", [
    "타이레놀", "ＴＹＬＥＮＯＬ", "  타이레놀  ", "타 이 레 놀", "타이레놀\u200b", "ﾀ", "타이레놀(", "타이레놀'",
    "\u1110\u1161\u110b\u1175\u1105\u1166\u1102\u1169\u11af",
])  # fmt: skip
def test_other_ways_to_write_it_are_read(product: Product, q):
    answer = product.search(q)
    assert answer.status_code == 200
    if q not in ("ＴＹＬＥＮＯＬ", "ﾀ"):
        assert "타이레놀" in answer.json()["results"][0]["item_name"]


def test_text_is_echoed_as_json_and_never_as_a_page(product: Product):
    answer = product.search("<script>alert(1)</script>")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json()["query"] == "<script>alert(1)</script>"


# --- limit and cursor ---


@pytest.mark.parametrize("limit", [
    "", "0", "-1", "51", "999999999999999999999", "1.5", "1e1", "abc", "1_0", "%201", "%2B5", "0x10", "１０", "null",
    "true", "%00", "10;DROP", "[]",
])  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/api/v1/medicines?q=a&", "/api/v1/medicines/suggest?q=a&", "/api/v1/medicines/popular?"]
)
def test_a_limit_is_a_number_from_1_to_50(product: Product, path, limit):
    target = path + "limit=" + quote(limit, safe="%")
    body = told(product.raw(target.encode()), 400, "invalid-query")
    assert body["errors"][0]["field"] == "limit"


def _next(product: Product, q: str) -> str:
    following: str | None = product.search(q, limit=1).json()["next"]
    assert following
    return following.removeprefix(product.address)


@pytest.mark.parametrize("cursor", [
    "", "x", "0", "-1", "a" * 500, "eyJvZmZzZXQiOjB9", "%00", "%FF", "%ED%A0%80", "..%2F..", "a~b", "~",
])  # fmt: skip
def test_a_made_up_cursor_is_refused(product: Product, cursor):
    told(product.raw(f"/api/v1/medicines?q=a&cursor={cursor}".encode()), 400, "invalid-query")


def test_a_tampered_cursor_is_refused(product: Product):
    target = _next(product, "타이레놀")
    assert product.raw(target.encode()).status == 200
    told(product.raw((target[:-1] + ("A" if target[-1] != "A" else "B")).encode()), 400, "invalid-query")
    told(product.raw(target.replace("cursor=", "cursor=9").encode()), 400, "invalid-query")


def test_a_cursor_of_another_query_does_not_mix_the_lists(product: Product):
    cursor = _next(product, "타이레놀").split("cursor=")[1]
    answer = product.raw(SEARCH + quote("부루펜").encode() + f"&limit=1&cursor={cursor}".encode())
    told(answer, 400, answer.json()["type"].removeprefix("/problems/"))


def test_an_expired_cursor_says_so(product: Product):
    target = _next(product, "타이레놀")
    product.forget()
    told(product.raw(target.encode()), 400, "cursor-expired")


# --- item_seq ---


@pytest.mark.parametrize("suffix", [b"", b"/summary"])
@pytest.mark.parametrize(("seq", "status", "slug"), [
    (NOT_FOUND_SEQ, 404, "not-found"),
    (b"0", 404, "not-found"),
    (b"00000000000000000000", 404, "not-found"),
    (b"1" * 21, 400, "invalid-query"),
    (b"1" * 400, 400, "invalid-query"),
    (b"abc", 400, "invalid-query"),
    (b"-1", 400, "invalid-query"),
    (b"1.0", 400, "invalid-query"),
    (b"197700120x", 400, "invalid-query"),
    (b"197700120%20", 400, "invalid-query"),
    (b"197700120%0A", 400, "invalid-query"),
    (b"%00", 400, "invalid-query"),
    (b"%FF", 400, "invalid-query"),
    (b"%ED%A0%80", 400, "invalid-query"),
    (quote("１９７７").encode(), 400, "invalid-query"),
    (quote("٣").encode(), 400, "invalid-query"),
    (b"1;DROP%20TABLE%20medicine", 400, "invalid-query"),
    (b"%27%20OR%201=1--", 400, "invalid-query"),
    (b"..%2F..%2Fetc", 404, "not-found"),
])  # fmt: skip
def test_an_item_seq_is_digits_and_known(product: Product, seq, status, slug, suffix):
    told(product.raw(b"/api/v1/medicines/" + seq + suffix), status, slug)


@pytest.mark.parametrize("query", [b"?x=1", b"?%FF=1", b"?a=%ED%A0%80", b"?a=1&a=2"])
def test_a_detail_takes_no_parameters(product: Product, query):
    told(product.raw(b"/api/v1/medicines/" + KNOWN_SEQ + query), 400, "invalid-query")


@pytest.mark.parametrize("keyword", [
    "", "가", "%20%20", "가" * 31, "%00", "%FF", "%ED%A0%80", "!!", "a&keyword=b", "임신&x=1",
])  # fmt: skip
def test_a_keyword_has_2_to_30_characters(product: Product, keyword):
    target = f"/api/v1/medicines/{KNOWN_SEQ.decode()}/summary?keyword=" + quote(keyword, safe="%&=")
    told(product.raw(target.encode()), 400, "invalid-query")


def test_nothing_was_logged_as_an_unhandled_fault(product: Product):
    nothing_leaked(product)
