"""Lists in pages: signed cursors that nobody can make up, the addresses of neighbours, every list's shape."""

from typing import Any
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer

from core.errors import FieldError, InvalidQuery

_MAX_CURSOR = 120
_signer = Signer(salt="pilling.cursor", sep="~")


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
