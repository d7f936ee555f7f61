"""The medicine endpoints: plain views that answer with ready bytes. Parse, one call, respond."""

from hashlib import blake2b
from time import perf_counter
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from core.api import json_response, plain_view
from core.celery_task import enqueue
from core.errors import NotFound, invalid
from core.throttling import client_address
from medicines import schema, tasks
from medicines.search.query import Query
from medicines.selectors import lists, tiers
from medicines.selectors.answers import Answer, search_answer, suggest_answer
from medicines.selectors.detail import detail
from medicines.selectors.popular import popular
from medicines.serializers import SearchInput, read_limit, read_nothing, read_search, read_suggest
from medicines.services import popularity
from medicines.services.labels import claim_label
from medicines.services.missing import fetch_missing, worth_asking

# Long enough for nginx to share one answer among many, short enough that a curated summary is seen at once.
_FRESH = "public, max-age=2, stale-if-error=600"
_MAX_SEQ = 20
PENDING_SECONDS = 5


@plain_view(describe=schema.Search)
def search(request: HttpRequest) -> HttpResponse:
    started = perf_counter()
    given = read_search(request)
    query = lists.parsed(given.q)
    answer = _next_page(request, given, query) if given.cursor else _first_page(request, given, query)
    return _respond(request, answer, started)


def _first_page(request: HttpRequest, given: SearchInput, query: Query) -> Answer:
    ranked, checked = lists.find(query), True
    if ranked.is_empty and worth_asking(query):
        outcome = fetch_missing(query=query, address=client_address(request))
        ranked, checked = outcome.ranked or ranked, outcome.checked
    first = ranked.first
    if first:
        popularity.note(first, client_address(request))
    return _page(request, given, query, ranked, unchecked=not checked)


def _next_page(request: HttpRequest, given: SearchInput, query: Query) -> Answer:
    ranked, offset = lists.open_cursor(given.cursor, query)
    return _page(request, given, query, ranked, offset=offset)


def _page(
    request: HttpRequest,
    given: SearchInput,
    query: Query,
    ranked: lists.RankedList,
    *,
    offset: int = 0,
    unchecked: bool = False,
) -> Answer:
    def link(cursor: str) -> str:
        params = urlencode({"q": query.raw, "limit": given.limit, "cursor": cursor})
        return request.build_absolute_uri(f"{request.path}?{params}")

    return search_answer(ranked, raw=query.raw, offset=offset, limit=given.limit, link=link, unchecked=unchecked)


@plain_view(scope="suggest", describe=schema.Suggest)
def suggest(request: HttpRequest) -> HttpResponse:
    started = perf_counter()
    q, limit = read_suggest(request)
    return _respond(request, suggest_answer(query=lists.parsed(q), limit=limit), started)


@plain_view(describe=schema.Popular)
def popular_names(request: HttpRequest) -> HttpResponse:
    started = perf_counter()
    return _respond(request, Answer(*popular(limit=read_limit(request))), started)


@plain_view(describe=schema.Detail)
def medicine(request: HttpRequest, item_seq: str) -> HttpResponse:
    started = perf_counter()
    read_nothing(request)
    if not (item_seq.isascii() and item_seq.isdigit() and len(item_seq) <= _MAX_SEQ):
        raise invalid("item_seq", "digits", "품목기준코드(item_seq)는 숫자로만 이루어져 있어요.")
    found = detail(item_seq=item_seq)
    if found is None:
        raise NotFound("그런 의약품이 없어요. 품목기준코드(item_seq)를 확인해 주세요.")
    response = _respond(request, Answer(found.body, found.tier, found.tier == tiers.STALE), started)
    if found.awaited:
        if claim_label(item_seq=item_seq):
            enqueue(tasks.fetch_label, item_seq)
        response.headers["Retry-After"] = str(PENDING_SECONDS)
    return response


def _respond(request: HttpRequest, answer: Answer, started: float) -> HttpResponse:
    etag = f'"{blake2b(answer.body, digest_size=9).hexdigest()}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "no-store" if answer.stale else _FRESH,
        "X-Cache": answer.tier,
        "Server-Timing": f"{answer.tier};dur={(perf_counter() - started) * 1000:.2f}",
    }
    if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        return HttpResponse(status=304, headers=headers)
    return json_response(answer.body, headers=headers)
