"""Kakao Local: pharmacies (category PM9) within a rectangle. Calls outside; knows no database.

Wire contract: contracts/kakao_local.md. x is the longitude, y the latitude; 15 places a page, 45 a search.
"""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from django.conf import settings

from core import breaker, http, metrics
from core.errors import VendorBadReply, VendorRefused
from pharmacies.records import Batch
from pharmacies.wire import KakaoPlace, parse_rows

VENDOR = "kakao_local"
PAGE_PLACES, MAX_PLACES = 15, 45
_CATEGORY = "/v2/local/search/category.json"
_PHARMACIES = "PM9"
_QUOTA_CODE = -10


class KakaoKeyRefused(VendorRefused):
    """No key, a wrong one, or an app without this service: an operator must look."""

    outcome = "key"


class KakaoQuota(VendorRefused):
    """Too many calls for the app, today or just now: Kakao says neither which nor until when."""

    outcome = "quota"


metrics.begin_at_zero(metrics.external_calls, (VENDOR, KakaoKeyRefused.outcome), (VENDOR, KakaoQuota.outcome))


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle in degrees."""

    west: float
    south: float
    east: float
    north: float

    def __str__(self) -> str:
        return f"{self.west:.6f},{self.south:.6f},{self.east:.6f},{self.north:.6f}"

    def holds(self, lat: float, lng: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lng <= self.east

    def halves(self) -> tuple["Rect", "Rect"]:
        """Two of it, cut across the longer side (a degree of longitude is four fifths of one of latitude here)."""
        if (self.east - self.west) * 0.8 >= self.north - self.south:
            middle = (self.west + self.east) / 2
            return Rect(self.west, self.south, middle, self.north), Rect(middle, self.south, self.east, self.north)
        middle = (self.south + self.north) / 2
        return Rect(self.west, self.south, self.east, middle), Rect(self.west, middle, self.east, self.north)


@dataclass(frozen=True, slots=True)
class KakaoPage:
    """One page of a search. `total` may be thousands, of which the first 45 can be had."""

    total: int
    is_end: bool
    batch: Batch


# https://developers.kakao.com/docs/latest/ko/local/dev-guide#search-by-category
def pharmacies_in(rect: Rect, page: int, *, seen: set[tuple[str, str]], deadline: float) -> KakaoPage:
    """Raises KakaoKeyRefused, KakaoQuota, VendorRefused; VendorTimeout, VendorUnreachable, VendorBadReply, BreakerOpen.

    `seen` holds the keys of this fetch: past its end Kakao sends the last page again.
    """
    return breaker.call(VENDOR, lambda: _exchange(rect, page, seen, deadline))


def _exchange(rect: Rect, page: int, seen: set[tuple[str, str]], deadline: float) -> KakaoPage:
    vendor = http.Vendor(VENDOR, settings.KAKAO_LOCAL_BASE_URL, connect_timeout=2.0, total_timeout=5.0)
    params: dict[str, str | int] = {
        "category_group_code": _PHARMACIES, "rect": str(rect), "page": page, "size": PAGE_PLACES,
    }  # fmt: skip

    def read(reply: http.Reply) -> KakaoPage:
        body = _json(reply.body)
        if not reply.ok or "code" in body or "errorType" in body:
            _refuse(vendor, reply, body)
        return _page(body, seen)

    return http.ask(vendor, "GET", _CATEGORY, read, params=params, headers=_authorization(), deadline=deadline)


def _authorization() -> dict[str, str]:
    key = settings.KAKAO_REST_API_KEY.strip()
    if not key:
        raise KakaoKeyRefused(VENDOR, "no REST key is set")
    return {"Authorization": f"KakaoAK {key}"}


def _json(body: bytes) -> dict[str, Any]:
    """The body as an object; {} for anything else (an error may come as HTML or empty)."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return whole if isinstance(whole, dict) else {}


def _refuse(vendor: http.Vendor, reply: http.Reply, body: dict[str, Any]) -> NoReturn:
    throttled = body.get("errorType") == "RequestThrottled" or str(body.get("code")) == str(_QUOTA_CODE)
    if reply.status == 429 or throttled:
        raise KakaoQuota(VENDOR, f"status {reply.status}")
    if reply.status in (401, 403):
        raise KakaoKeyRefused(VENDOR, f"status {reply.status}")
    http.expect_ok(vendor, reply)
    raise VendorBadReply(VENDOR, "an error at status 200")


def _page(body: dict[str, Any], seen: set[tuple[str, str]]) -> KakaoPage:
    meta, documents = body.get("meta"), body.get("documents")
    if not isinstance(meta, dict) or not isinstance(documents, list):
        raise VendorBadReply(VENDOR, "no meta or no documents")
    total = meta.get("total_count")
    if not isinstance(total, int) or isinstance(total, bool) or total < 0:
        raise VendorBadReply(VENDOR, "no total_count")
    rows = ((f"place {number}", row) for number, row in enumerate(documents, start=1))
    return KakaoPage(total, meta.get("is_end") is not False, parse_rows(rows, KakaoPlace, seen))
