"""`/`: one field, what it suggests, and what was found. The same search as the API's, without HTTP to ourselves."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.errors import CursorExpired, InvalidQuery, SourceDown
from core.throttling import client_address
from dashboard.page import page, show
from medicines.selectors import lists
from medicines.selectors.answers import search_answer, suggest_answer
from medicines.selectors.popular import popular
from medicines.services.counting import count
from medicines.services.missing import find_or_fetch

CARDS = 20
SUGGESTIONS = 8
_POPULAR = 10
_SYMPTOMS = ("두통", "감기", "기침", "열", "속쓰림", "소화불량", "설사", "알레르기", "근육통")
_SHOWN = 200
_OLD = "목록이 오래되어 처음부터 다시 찾았어요."


@page()
def find(request: HttpRequest) -> HttpResponse:
    """What cannot be searched for is told beside the field, which keeps what was typed."""
    q = request.GET.get("q", "")
    if not q.strip():
        return _show(request, "", popular=_popular(), symptoms=_SYMPTOMS)
    try:
        return _show(request, q, found=_found(request, q, request.GET.get("cursor", "")))
    except InvalidQuery as problem:
        return _show(request, q, status=400, refused=problem.detail)
    except SourceDown as problem:
        return _show(request, q, status=503, down=problem.detail)


@page(scope="suggest")
def suggestions(request: HttpRequest) -> HttpResponse:
    """The options of the field's list. Nothing for what cannot be searched for: somebody is still typing."""
    try:
        query = lists.parsed(request.GET.get("q", ""))
    except InvalidQuery:
        return _lines(request, [])
    lines = json.loads(suggest_answer(query=query, limit=SUGGESTIONS).body)["suggestions"]
    return _lines(request, lines)


def _lines(request: HttpRequest, lines: list[dict[str, str]]) -> HttpResponse:
    """At every keystroke, so it asks for no session, and a browser may use it again when a letter is taken back."""
    response = render(request, "dashboard/_suggestions.html", {"suggestions": lines})
    response.headers["Cache-Control"] = "private, max-age=60"
    return response


def _found(request: HttpRequest, q: str, cursor: str) -> dict[str, Any]:
    """The search's answer as the API gives it, with links to this page."""
    query, offset, checked, again = lists.parsed(q), 0, True, False
    try:
        if cursor:
            ranked, offset = lists.open_cursor(cursor, query)
    except (CursorExpired, InvalidQuery):
        cursor, again = "", True
    if not cursor:
        ranked, checked = find_or_fetch(query=query, address=client_address(request))
    answer = search_answer(
        ranked, query=query, offset=offset, limit=CARDS, link=_link(query.raw), unchecked=not checked
    )
    count(answer, address=client_address(request))
    return {**json.loads(answer.body), "again": _OLD if again else ""}


def _link(raw: str) -> Callable[[str], str]:
    return lambda cursor: f"/?{urlencode({'q': raw, 'cursor': cursor})}"


def _popular() -> list[dict[str, str]]:
    names: list[dict[str, str]] = json.loads(popular(limit=_POPULAR)[0])["results"]
    return names


def _show(request: HttpRequest, q: str, *, status: int = 200, **values: Any) -> HttpResponse:
    return show(request, "dashboard/find.html", {"q": q[:_SHOWN], **values}, status=status)
