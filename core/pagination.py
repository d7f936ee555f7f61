"""Lists cut from a snapshot: a signed cursor names a stored result, so that pages never shift under a reader."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import redis
from django.core.signing import BadSignature, Signer

from core import stores
from core.errors import CursorExpired, FieldError, InvalidQuery, Unavailable

SNAPSHOT_SECONDS = 600
MAX_RESULTS = 200
_PREFIX = "pilling:snapshot:"
_MAX_CURSOR = 120
_signer = Signer(salt="pilling.cursor", sep="~")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ranked result: at most 200 JSON values in order, and a context (the query's echo) that every page repeats."""

    items: tuple[Any, ...]
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A cut of a snapshot. The cursors are None at the ends."""

    items: tuple[Any, ...]
    context: dict[str, Any]
    next: str | None
    previous: str | None


def store(snapshot: Snapshot, *, seconds: float = SNAPSHOT_SECONDS) -> str | None:
    """Keep a snapshot and return its name, the same for the same content; None (no further pages) when Redis is away.

    `seconds`: 600, plus however long an answer that holds the cursor may itself be served from a cache.
    """
    body = json.dumps([snapshot.context, snapshot.items[:MAX_RESULTS]], ensure_ascii=False, sort_keys=True).encode()
    name = hashlib.blake2b(body, digest_size=12).hexdigest()
    try:
        stores.cache.run(lambda client: client.set(_PREFIX + name, body, ex=int(seconds)))
    except redis.RedisError:
        return None
    return name


def cut(snapshot: Snapshot, name: str | None, *, start: int, limit: int) -> Page:
    """One page of a snapshot that is at hand. Without a name there are no neighbours to point at."""
    total = min(len(snapshot.items), MAX_RESULTS)
    following = start + limit if start + limit < total else None
    before = max(0, start - limit) if start > 0 else None
    return Page(
        snapshot.items[start : min(start + limit, total)],
        snapshot.context,
        _cursor(name, following),
        _cursor(name, before),
    )


def open_page(cursor: str, *, limit: int) -> Page:
    """The page that a cursor names. Raises InvalidQuery (tampered), CursorExpired, Unavailable (Redis is away)."""
    name, start = read_cursor(cursor)
    try:
        body: Any = stores.cache.run(lambda client: client.get(_PREFIX + name))
    except redis.RedisError:
        raise Unavailable from None
    if body is None:
        raise CursorExpired
    context, items = json.loads(body)
    return cut(Snapshot(tuple(items), context), name, start=start, limit=limit)


def _cursor(name: str | None, start: int | None) -> str | None:
    return None if name is None or start is None else sign_cursor(name, start)


def sign_cursor(name: str, start: int) -> str:
    """A place in a stored list, as a client carries it."""
    return _signer.sign(f"{name}.{start}")


def read_cursor(cursor: str) -> tuple[str, int]:
    """The list's name and the place in it. Raises InvalidQuery for a cursor that we did not sign."""
    try:
        if len(cursor) > _MAX_CURSOR:
            raise BadSignature
        name, start = _signer.unsign(cursor).split(".")
    except (BadSignature, UnicodeEncodeError):
        detail = "이어 보기 값이 올바르지 않아요. 처음부터 다시 불러와 주세요."
        raise InvalidQuery(detail, errors=[FieldError("cursor", "signature", detail)]) from None
    return name, int(start)


def link(path: str, cursor: str | None, **params: str | int) -> str | None:
    """A page's address for `next` and `previous`: the path with the cursor and the given parameters."""
    return None if cursor is None else f"{path}?{urlencode({**params, 'cursor': cursor})}"


def envelope(results: list[Any], *, next_url: str | None = None, previous_url: str | None = None) -> dict[str, Any]:
    """Every list's shape."""
    return {"results": results, "next": next_url, "previous": previous_url}
