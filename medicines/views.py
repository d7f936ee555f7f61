"""The medicine endpoints: plain views that answer with ready bytes. Parse, one call, respond."""

from collections.abc import Callable
from time import perf_counter
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse

from core.api import plain_view
from core.cache import tiers
from core.celery_task import enqueue
from core.compressed import compressed
from core.errors import NotFound, invalid
from core.preconditions import is_held
from core.ready import ReadyResponse
from core.throttling import client_address, from_proxy
from medicines import schema, tasks
from medicines.search.query import Query
from medicines.selectors import lists
from medicines.selectors.answers import (
    Answer,
    detail_answer,
    kept,
    popular_answer,
    search_answer,
    shared_answer,
    suggest_answer,
)
from medicines.serializers import SearchInput, read_nothing, read_popular, read_search, read_suggest
from medicines.services.counting import count
from medicines.services.labels import claim_label
from medicines.services.missing import find_or_fetch

# nginx shares an answer among many for a second, and for one more while it fetches the next: a curated summary is seen
# within two.
_FRESH = "public, max-age=1, stale-while-revalidate=1, stale-if-error=600"
_MAX_SEQ = 20


@compressed
@plain_view(describe=schema.Search)
def search(request: HttpRequest) -> HttpResponse:
    return _answer(request, _search)


def _search(request: HttpRequest) -> Answer:
    given = read_search(request)
    if given.cursor:
        query = lists.parsed(given.q)
        ranked, offset = lists.open_cursor(given.cursor, query)
        return _page(request, given, query, ranked, offset=offset)
    address = f"{request.scheme}://{request.get_host()} {given.limit}"
    return shared_answer(given.q, address, lambda: _first_page(request, given))


def _first_page(request: HttpRequest, given: SearchInput) -> Answer:
    query = lists.parsed(given.q)
    ranked, checked = find_or_fetch(query=query, address=client_address(request))
    return _page(request, given, query, ranked, unchecked=not checked)


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

    return search_answer(ranked, query=query, offset=offset, limit=given.limit, link=link, unchecked=unchecked)


@compressed
@plain_view(scope="suggest", describe=schema.Suggest)
def suggest(request: HttpRequest) -> HttpResponse:
    return _answer(request, _suggest)


def _suggest(request: HttpRequest) -> Answer:
    q, limit = read_suggest(request)
    return suggest_answer(query=lists.parsed(q), limit=limit)


@compressed
@plain_view(describe=schema.Popular)
def popular_names(request: HttpRequest) -> HttpResponse:
    return _answer(request, lambda request: popular_answer(limit=read_popular(request)))


@compressed
@plain_view(describe=schema.Detail)
def medicine(request: HttpRequest, item_seq: str) -> HttpResponse:
    return _answer(request, lambda request: _medicine(request, item_seq))


def _medicine(request: HttpRequest, item_seq: str) -> Answer:
    read_nothing(request)
    if not (item_seq.isascii() and item_seq.isdigit() and len(item_seq) <= _MAX_SEQ):
        raise invalid("item_seq", "digits", "품목기준코드(item_seq)는 숫자로만 이루어져 있어요.")
    answer = detail_answer(item_seq=item_seq)
    if answer is None:
        raise NotFound("그런 의약품이 없어요. 품목기준코드(item_seq)를 확인해 주세요.")
    if answer.retry_after and claim_label(item_seq=item_seq):
        enqueue(tasks.fetch_label, item_seq)
    return answer


def _answer(request: HttpRequest, make: Callable[[HttpRequest], Answer]) -> HttpResponse:
    """The answer as it was a moment ago, or made now; counts what was searched for."""
    started = perf_counter()
    meta = request.META
    # Two addresses of the service give different links to the next page.
    key = (request.path_info, meta.get("QUERY_STRING", ""), meta.get("HTTP_HOST"), request.scheme)
    answer = kept().get(key)
    if answer is None:
        drops = tiers().memory.drops
        answer = make(request)
        if answer.may_be_kept:
            kept().put(key, answer.from_memory(), since=drops)
    else:
        tiers().count_composed()
    count(answer, address=client_address(request))
    response = _respond(request, answer, started)
    if isinstance(response, ReadyResponse):
        response.is_current = lambda: kept().get(key) is answer
        response.count = lambda request: _count_ready(answer, request)
    return response


def _count_ready(answer: Answer, request: HttpRequest) -> None:
    tiers().count_composed()
    count(answer, address=client_address(request))


def _respond(request: HttpRequest, answer: Answer, started: float) -> HttpResponse:
    headers = {
        "ETag": answer.etag,
        "Cache-Control": "no-store" if answer.stale else _FRESH,
        "X-Cache": answer.tier,
        "Server-Timing": f"{answer.tier};dur={(perf_counter() - started) * 1000:.2f}",
    }
    if answer.searched and from_proxy(request):
        # For nginx alone, which counts what it answers out of its cache and takes the header off.
        headers["X-Searched"] = answer.searched
    if answer.retry_after:
        headers["Retry-After"] = str(answer.retry_after)
    if is_held(request, answer.etag):
        return HttpResponse(status=304, headers=headers)
    return ReadyResponse(answer.body, content_type="application/json", headers=headers)
