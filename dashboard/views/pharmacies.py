"""`/pharmacies`: the nearest to a district, an address, or where somebody is; a list, and the same on a map.

Names of places come in the address, to be shared and gone back to. Where somebody is comes in the body of a POST alone:
no address, no history and no log of anybody's holds it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from celery import current_app
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from core.celery_task import enqueue
from core.errors import InvalidQuery, invalid
from dashboard import maps
from dashboard.page import by_htmx, page, show
from pharmacies.question import NearestInput, nearest_asked
from pharmacies.selectors.answers import nearest_answer
from pharmacies.selectors.areas import Area, areas, find_areas
from pharmacies.services.kakao import cover

SHOWN = 30
RADII = (500, 1_000, 2_000, 5_000, 10_000, 20_000)
_DEFAULT_RADIUS = "2000"
# So often a page asks by itself again, while Kakao is being heard.
_MOST_LOOKS = 4
_LONGEST = 100
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?")
_WORDS = {
    "swapped": "위도와 경도가 서로 바뀐 것 같아요. 위치를 다시 찾거나 주소를 적어 주세요.",
    "outside_korea": "대한민국 밖의 위치예요. 한국 안의 주소를 적거나 지역을 골라 주세요.",
    "required": "위치를 읽지 못했어요. 다시 찾거나 주소를 적어 주세요.",
    "number": "위치를 읽지 못했어요. 다시 찾거나 주소를 적어 주세요.",
}
_FIELDS = {
    "at": "날짜와 시각을 다시 골라 주세요. 지난 1년부터 앞으로 2년까지 볼 수 있어요.",
    "radius": "거리를 다시 골라 주세요.",
}
_NOWHERE = "그 주소 가까이에 있는 약국을 찾지 못했어요. 동네나 길 이름만 적거나, 지역을 골라 주세요."


@dataclass(frozen=True, slots=True)
class Asked:
    """The form as it was filled in."""

    q: str
    area: str
    radius: str
    open_now: bool
    at: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        q, area = given.get("q", "").strip(), given.get("area", "").strip()
        radius, at = given.get("radius") or _DEFAULT_RADIUS, given.get("at", "")
        return cls(q, area, radius[:_LONGEST], given.get("open", "") == "1", at[:_LONGEST])

    def link(self, **other: Any) -> str:
        values = {"q": self.q, "area": self.area, "radius": self.radius, "open": self.open_now, "at": self.at, **other}
        return "/pharmacies?" + urlencode({n: "1" if v is True else v for n, v in values.items() if v})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the distances are measured from. `name`: of a district; "" for where somebody is."""

    lat: float
    lng: float
    name: str = ""


# Nothing is changed by asking, and the form stands on pages that may be old.
@csrf_exempt
@page("GET", "POST")
def pharmacies(request: HttpRequest) -> HttpResponse:
    """What cannot be looked for is told beside the form, which keeps what was filled in."""
    given = request.POST if request.method == "POST" else request.GET
    asked = Asked.of(given)
    try:
        values = _found(request, asked)
    except InvalidQuery as problem:
        if by_htmx(request):
            raise InvalidQuery(_kindly(problem), errors=problem.errors) from problem
        return _show(request, asked, {"refused": _kindly(problem)}, status=400)
    return _show(request, asked, values)


def _found(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    if request.method == "POST":
        place = {"lat": request.POST.get("lat", ""), "lng": request.POST.get("lng", "")}
        wanted = _question(place, asked)
        return _nearest(request, Place(wanted.lat, wanted.lng), wanted)
    if not (asked.q or asked.area):
        return {}
    found = _areas(asked)
    if len(found) > 1:
        return {"choices": [{"name": area.name, "link": asked.link(area=area.name)} for area in found]}
    place = {"lat": f"{found[0].lat:.6f}", "lng": f"{found[0].lng:.6f}"}
    return _nearest(request, Place(found[0].lat, found[0].lng, _name(found[0], asked)), _question(place, asked))


def _areas(asked: Asked) -> Sequence[Area]:
    """At least one. An address that is not in the chosen district is looked for everywhere."""
    found: Sequence[Area] = [area for area in areas() if area.name == asked.area]
    if asked.q:
        within = find_areas(asked.q, within=asked.area) if found else ()
        found = [area for area in within if area.name == asked.area] or find_areas(asked.q)
    if not found:
        raise invalid("q", "unknown", _NOWHERE)
    return found


def _name(area: Area, asked: Asked) -> str:
    return f"{area.name} ‘{asked.q}’" if asked.q else area.name


def _question(place: Mapping[str, str], asked: Asked) -> NearestInput:
    """Times of the form are Seoul's. Raises InvalidQuery."""
    if asked.at and not _LOCAL.fullmatch(asked.at):
        raise invalid("at", "instant", _FIELDS["at"])
    at = {"at": f"{asked.at}+09:00"} if asked.at else {}
    switch = "true" if asked.open_now else "false"
    return nearest_asked({**place, **at, "radius": asked.radius, "open_now": switch, "limit": str(SHOWN)})


def _nearest(request: HttpRequest, place: Place, wanted: NearestInput) -> dict[str, Any]:
    covered = cover(lat=wanted.lat, lng=wanted.lng, radius=wanted.radius)
    for cell in covered.missing:
        # By its name, as another app's tasks are no door of it.
        enqueue(current_app.tasks["pharmacies.tasks.fetch_cell"], cell)
    answer = nearest_answer(
        lat=wanted.lat, lng=wanted.lng, radius=wanted.radius, limit=wanted.limit, at=wanted.at,
        open_now=wanted.open_now, heard=covered.heard,
    )  # fmt: skip
    looks = _looks(request)
    again = covered.heard == "pending" and looks < _MOST_LOOKS
    return {"found": json.loads(answer.body), "place": place, "again": again, "looks": looks + 1}


def _looks(request: HttpRequest) -> int:
    given = request.GET.get("looks") or request.POST.get("looks") or "0"
    return int(given) if given.isascii() and given.isdigit() and len(given) < 3 else _MOST_LOOKS


def _kindly(problem: InvalidQuery) -> str:
    """In words of the page rather than of the API's parameters."""
    for error in problem.errors:
        if words := _WORDS.get(error.code) or _FIELDS.get(error.field):
            return words
    return problem.detail


def _show(request: HttpRequest, asked: Asked, values: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """With htmx the part with the answer alone."""
    known = {"asked": asked, "link": asked.link(), "radii": RADII, "map": maps.drawing(), **values}
    headers = {"Cache-Control": "private, no-store"} if request.method == "POST" else {}
    if by_htmx(request):
        return show(request, "dashboard/_pharmacies_found.html", known, headers=headers)
    known["provinces"] = _by_province()
    if known["map"]["kakao"]:
        # Kakao's key is good for our addresses alone, and only the origin tells it which ask.
        headers["Referrer-Policy"] = "strict-origin"
    added = maps.policy()
    answer = show(request, "dashboard/pharmacies.html", known, status=status, headers=headers)
    return cast(HttpResponse, csp_update(added)(lambda _: answer)(request)) if added else answer


def _by_province() -> dict[str, list[Area]]:
    found: dict[str, list[Area]] = {}
    for area in areas():
        found.setdefault(area.province, []).append(area)
    return found
