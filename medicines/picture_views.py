"""`GET /media/medicines/{item_seq}`: the product's picture through our own cache; a drawing when there is none."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from core.api import plain_view
from core.errors import SourceDown, invalid
from core.preconditions import is_held
from medicines.services import pictures

_DRAWING = Path(__file__).parent / "static" / "medicines" / "no-picture.svg"
_MAX_SEQ = 20
_WEEK, _SHORT = "public, max-age=604800", "public, max-age=300"


# A page of cards asks for twenty at once, and a stored one costs no more than a stylesheet.
@plain_view(scope=None)
def picture(request: HttpRequest, item_seq: str) -> HttpResponse:
    if not (item_seq.isascii() and item_seq.isdigit() and len(item_seq) <= _MAX_SEQ):
        raise invalid("item_seq", "digits", "품목기준코드(item_seq)는 숫자로만 이루어져 있어요.")
    try:
        found = pictures.picture(item_seq=item_seq)
    except SourceDown:
        return _image(request, _drawing(), "image/svg+xml", "no-store")
    if found is None:
        return _image(request, _drawing(), "image/svg+xml", _SHORT)
    return _image(request, found, "image/webp", _WEEK)


def _image(request: HttpRequest, body: bytes, kind: str, keep: str) -> HttpResponse:
    headers = {"ETag": f'"{blake2b(body, digest_size=9).hexdigest()}"', "Cache-Control": keep}
    if is_held(request, headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=kind, headers=headers)


@cache
def _drawing() -> bytes:
    return _DRAWING.read_bytes()
