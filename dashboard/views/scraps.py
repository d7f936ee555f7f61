"""`/scraps`: the medicines that a person keeps at hand, newest first."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import InvalidQuery, NotFound
from dashboard.page import page, person, show, signed_in
from medicines.selectors import scraps as selectors
from medicines.services import scraps as services

_ON_A_PAGE = 20


@page()
@signed_in
def scraps(request: HttpRequest) -> HttpResponse:
    """A place in the list that we did not hand out is its beginning."""
    try:
        found = _page(request, request.GET.get("cursor", ""))
    except InvalidQuery:
        found = _page(request, "")
    return show(request, "dashboard/scraps.html", {"found": found})


@page("POST")
@signed_in
def remove(request: HttpRequest, id_: int) -> HttpResponse:
    """Somebody else's is not found; one that is gone already is as good as removed."""
    try:
        services.delete_scrap(user_id=person(request), id_=id_)
        messages.info(request, "담은 약에서 뺐어요.")
    except NotFound:
        messages.info(request, "이미 없는 약이에요.")
    return redirect("scraps-page")


def _page(request: HttpRequest, cursor: str) -> selectors.ScrapPage:
    return selectors.scraps(user_id=person(request), category=None, cursor=cursor, limit=_ON_A_PAGE)
