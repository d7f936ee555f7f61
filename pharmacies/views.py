"""The pharmacy endpoints: plain views that answer with ready bytes. Parse, one call, respond."""

from time import perf_counter

from django.http import HttpRequest, HttpResponse

from core.api import json_response, plain_view
from core.celery_task import enqueue
from core.errors import NotFound
from pharmacies import schema, tasks
from pharmacies.selectors.answers import Answer, nearest_answer, one_answer
from pharmacies.serializers import read_nearest, read_one
from pharmacies.services.kakao import cover

# The address of an answer holds where somebody is: no cache on the way may keep it.
_NOWHERE = "no-store"
_AGAIN_SECONDS = 5


@plain_view(describe=schema.Nearest)
def nearest_pharmacies(request: HttpRequest) -> HttpResponse:
    started = perf_counter()
    given = read_nearest(request)
    covered = cover(lat=given.lat, lng=given.lng, radius=given.radius)
    for cell in covered.missing:
        enqueue(tasks.fetch_cell, cell)
    answer = nearest_answer(
        lat=given.lat, lng=given.lng, radius=given.radius, limit=given.limit, at=given.at, open_now=given.open_now,
        heard=covered.heard,
    )  # fmt: skip
    return _respond(answer, started, again=covered.heard == "pending")


@plain_view(describe=schema.One)
def pharmacy(request: HttpRequest, pharmacy_id: str) -> HttpResponse:
    started = perf_counter()
    number, at = read_one(request, pharmacy_id)
    answer = one_answer(pharmacy_id=number, at=at)
    if answer is None:
        raise NotFound("그런 약국이 없어요. 문을 닫았을 수도 있어요.")
    return _respond(answer, started)


def _respond(answer: Answer, started: float, *, again: bool = False) -> HttpResponse:
    tier = "stale" if answer.stale else "db"
    headers = {
        "Cache-Control": _NOWHERE,
        "X-Cache": tier,
        "Server-Timing": f"{tier};dur={(perf_counter() - started) * 1000:.2f}",
    }
    if again:
        headers["Retry-After"] = str(_AGAIN_SECONDS)
    return json_response(answer.body, headers=headers)
