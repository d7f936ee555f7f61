"""Django's WSGI handler, for requests whose text is always UTF-8, behind the answers that stand ready."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

from core.ready import ReadyAnswers, ReadyResponse, key_of


class Utf8Request(WSGIRequest):
    """Django would read the query with any codec of Python's that a Content-Type names, and fail at some of them."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


class Utf8Handler(WSGIHandler):
    request_class = Utf8Request

    def __init__(self) -> None:
        super().__init__()
        self.ready = ReadyAnswers()

    def __call__(  # type: ignore[override] # WSGI wants any iterable of bytes
        self, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        key = key_of(environ)
        if key is not None and (found := self.ready.answer(key, environ)):
            headers, body = found
            start_response("200 OK", headers)
            return [body]
        response = super().__call__(environ, start_response)
        if key is not None and isinstance(response, ReadyResponse):
            self.ready.learn(key, response)
        return response
