"""Lists in pages: signed cursors that nobody can make up, the addresses of neighbours, every list's shape."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from core.errors import FieldError, InvalidQuery, invalid

MAX_LIMIT = 50
_MAX_CURSOR = 120
_AFTER, _BEFORE = "after", "before"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = TypeVar("Row")
# A row's place in its list: a number, and letters and digits where numbers are the same.
Place = tuple[int, str]
_signer = Signer(salt="pilling.cursor", sep="~")


def sign_cursor(name: str, start: int) -> str:
    """A place in a stored list, as a client carries it."""
    return _signer.sign(f"{name}.{start}")


def given_cursor(params: Mapping[str, str]) -> str:
    """The cursor of a request's parameters; "" for the first page. Raises InvalidQuery for one that was sent empty."""
    if params.get("cursor") == "":
        raise invalid("cursor", "invalid", "이어 보기 값이 비어 있어요.")
    return params.get("cursor", "")


def read_cursor(cursor: str) -> tuple[str, int]:
    """The list's name and the place in it. Raises InvalidQuery for a cursor that we did not sign."""
    try:
        if len(cursor) > _MAX_CURSOR:
            raise BadSignature
        name, start = _signer.unsign(cursor).split(".")
    except (BadSignature, UnicodeEncodeError):
        raise _refused() from None
    return name, int(start)


def _refused() -> InvalidQuery:
    detail = "이어 보기 값이 올바르지 않아요. 처음부터 다시 불러와 주세요."
    return InvalidQuery(detail, errors=[FieldError("cursor", "signature", detail)])


def read_limit(given: str | None, default: int) -> int:
    """Raises InvalidQuery."""
    if given is None:
        return default
    # int() would also take "１０", "1_0", " 5" and "+5".
    if not (given.isascii() and given.isdigit() and len(given) <= 3 and 1 <= int(given) <= MAX_LIMIT):
        raise invalid("limit", "range", f"limit은 1부터 {MAX_LIMIT}까지의 수예요.")
    return int(given)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and the cursors of its neighbours."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None


def page_of(
    rows: Sequence[Row], *, name: str, place: Callable[[Row], Place], cursor: str = "", limit: int = MAX_LIMIT
) -> Page[Row]:
    """A page of a short list that was read whole, in the order of `place`; by keyset, so that none shifts when rows
    come or go. Raises InvalidQuery for a cursor that is not of the list called `name`."""
    places = [place(row) for row in rows]
    start = _start(name, cursor, places, limit)
    shown = places[start : start + limit]
    more = bool(shown) and start + limit < len(rows)
    return Page(
        rows[start : start + limit],
        _cursor(name, _AFTER, shown[-1]) if more else None,
        _cursor(name, _BEFORE, shown[0]) if shown and start else None,
    )


def _start(name: str, cursor: str, places: Sequence[Place], limit: int) -> int:
    if not cursor:
        return 0
    told, number = read_cursor(cursor)
    if not told.startswith((f"{name}-{_AFTER}-", f"{name}-{_BEFORE}-")):
        raise _refused()
    _, way, text = told.rsplit("-", 2)
    if way == _AFTER:
        return bisect_right(places, (number, text))
    return max(0, bisect_left(places, (number, text)) - limit)


def _cursor(name: str, way: str, place: Place) -> str:
    return sign_cursor(f"{name}-{way}-{place[1]}", place[0])


def microseconds(at: datetime) -> int:
    """An instant as the number of a Place."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def link(path: str, cursor: str | None, **params: str | int) -> str | None:
    """A page's address for `next` and `previous`: the path with the cursor and the given parameters."""
    return None if cursor is None else f"{path}?{urlencode({**params, 'cursor': cursor})}"


def envelope(results: list[Any], *, next_url: str | None = None, previous_url: str | None = None) -> dict[str, Any]:
    """Every list's shape."""
    return {"results": results, "next": next_url, "previous": previous_url}


def paged(
    request: HttpRequest, results: list[Any], *, following: str | None, before: str | None, **kept: str | int
) -> dict[str, Any]:
    """The same of a page whose neighbours have these cursors, at this request's path with the parameters to keep."""

    def url(cursor: str | None) -> str | None:
        path = link(request.path, cursor, **kept)
        return path and request.build_absolute_uri(path)

    return envelope(results, next_url=url(following), previous_url=url(before))
