"""JSON bodies, strictly: what two readers could take for two things, or what costs more than it weighs, is refused."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser

from core.errors import PayloadTooLarge

MAX_DEPTH = 32
# A string (also one that never ends), or a bracket. Possessive, so that no input is read twice.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


class StrictJSONParser(JSONParser):
    """DRF's, in UTF-8 only, at most 1 MB and 32 levels, without repeated keys and numbers that JSON lacks."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _check_charset((parser_context or {}).get("request"))
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise PayloadTooLarge
        try:
            text = body.decode("utf-8")
            _check_depth(text)
            return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
        except ValueError as error:
            raise ParseError(str(error)) from None


def _check_charset(request: Any) -> None:
    """`charset=zip` would have a codec of Python's unpack the body."""
    given = request._request.content_params.get("charset") if request is not None else None
    if given and given.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(given)


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        depth += (sign in "[{") - (sign in "]}")
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError("not a number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)
