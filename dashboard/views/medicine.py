"""`/medicines/{item_seq}`: the summary, the label, products of the same substances, and the scrap button."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from core.errors import Conflict, InvalidQuery, NotFound
from core.throttling import client_address
from dashboard import reading
from dashboard.page import page, person, show, signed_in, user_id
from dashboard.speech import spoken_lines
from medicines.selectors import scraps
from medicines.selectors.answers import detail_answer
from medicines.services import scraps as scrapping
from medicines.services.counting import count
from summaries import keywords

CATEGORY = "관심 약"
_MAX_SEQ = 20
# After so many looks a page stops asking by itself; its reload link still does.
_MOST_LOOKS = 40
_UNKNOWN = "그런 약이 없어요. 이름으로 다시 찾아 주세요."


@page()
def medicine(request: HttpRequest, item_seq: str) -> HttpResponse:
    found = _detail(request, item_seq)
    values = {
        "medicine": found,
        "labels": _label(found),
        "summary": reading.summary(request, item_seq=item_seq),
        "about": _about(request, item_seq),
        "looks": 1,
        "scrap": _scrap(request, item_seq),
    }
    return show(request, "dashboard/medicine.html", values)


@page()
def summary(request: HttpRequest, item_seq: str) -> HttpResponse:
    """The part that htmx fetches: the summary, or with `keyword` what the label says about one thing."""
    _checked(item_seq)
    keyword = keywords.checked(request.GET["keyword"]) if request.GET.get("keyword") else ""
    made = reading.summary(request, item_seq=item_seq, keyword=keyword)
    values = {
        "summary": made,
        "medicine": {"item_seq": item_seq},
        "keyword": keyword,
        "looks": _looks(request) + 1,
    }
    response = render(request, "dashboard/_summary.html", values)
    if not keyword and request.GET.get("label") and not made.get("label_pending"):
        # The label is there now, so all of the page has more to show.
        response.headers["HX-Refresh"] = "true"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@page("POST")
@signed_in
def scrap(request: HttpRequest, item_seq: str) -> HttpResponse:
    """Keep it, or with `remove` throw it away. Twice is as good as once."""
    me = person(request)
    held = scraps.scrap_of(user_id=me, item_seq=_checked(item_seq))
    if request.POST.get("remove"):
        if held:
            scrapping.delete_scrap(user_id=me, id_=held)
        messages.info(request, "담은 약에서 뺐어요.")
    else:
        _keep(me, item_seq, held)
        messages.info(request, "담은 약에 넣었어요.")
    return redirect("medicine-page", item_seq)


def _keep(me: UUID, item_seq: str, held: int | None) -> None:
    try:
        if not held:
            scrapping.create_scrap(user_id=me, given={"item_seq": item_seq, "category": CATEGORY})
    except Conflict:
        # A double tap: the first one has it by now.
        if not scraps.scrap_of(user_id=me, item_seq=item_seq):
            raise


def _detail(request: HttpRequest, item_seq: str) -> dict[str, Any]:
    answer = detail_answer(item_seq=_checked(item_seq))
    if answer is None:
        raise NotFound(_UNKNOWN)
    count(answer, address=client_address(request))
    if answer.retry_after:
        reading.fetch_label(item_seq)
    found: dict[str, Any] = json.loads(answer.body)
    return found


def _checked(item_seq: str) -> str:
    if not (item_seq.isascii() and item_seq.isdigit() and len(item_seq) <= _MAX_SEQ):
        raise NotFound(_UNKNOWN)
    return item_seq


def _label(found: dict[str, Any]) -> list[dict[str, str]]:
    """The label's sections that have text, with what is read aloud."""
    label = found["label"] or {}
    return [
        {"name": name, "text": text, "speech": spoken_lines(text.splitlines())} for name, text in label.items() if text
    ]


def _about(request: HttpRequest, item_seq: str) -> dict[str, Any] | None:
    """What the label says about a keyword, for browsers without JavaScript; None when none was asked for."""
    asked = request.GET.get("keyword", "")
    if not asked:
        return None
    try:
        keyword = keywords.checked(asked)
    except InvalidQuery as problem:
        return {"keyword": asked[:60], "refused": problem.detail}
    return {"keyword": keyword, "summary": reading.summary(request, item_seq=item_seq, keyword=keyword)}


def _scrap(request: HttpRequest, item_seq: str) -> int | None:
    me = user_id(request)
    return scraps.scrap_of(user_id=me, item_seq=item_seq) if me else None


def _looks(request: HttpRequest) -> int:
    given = request.GET.get("looks", "1")
    looks = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else _MOST_LOOKS
    return min(looks, _MOST_LOOKS)
