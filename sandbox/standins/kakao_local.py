"""The stand-in of Kakao Local: the category search, and the map's script. Contracts: kakao_local.md, kakao_map_js.md.

Not known of the real service and chosen here: results lie in order of latitude; a rectangle whose corners are swapped
holds nothing.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from sandbox.standins.datagokr import Quota
from sandbox.standins.dumps import Row
from sandbox.standins.faults import Fault
from sandbox.standins.pharmacies import Pharmacies
from sandbox.standins.vendor import FaultReply, Reply, Request, Vendor, json_reply

REST_KEY = "sandbox-key"
JS_KEY = "sandbox-js-key"
PATH, MAP_PATH = "/v2/local/search/category.json", "/v2/maps/sdk.js"
MAX_SIZE, MAX_PAGE, MAX_RADIUS, MAX_PLACES = 15, 45, 20_000, 45
_MAP = Path(__file__).with_name("kakao_map.js")
_THROTTLED = {"errorType": "RequestThrottled", "message": "API limit has been exceeded."}


class RefusedError(Exception):
    """A request that Kakao refuses, with the body that says so."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.reply = json_reply({"errorType": kind, "message": message}, status)


class KakaoLocal(Vendor):
    """Settings: kakao_daily_quota (calls a day), kakao_seconds (how long a search takes)."""

    name = "kakao_local"
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "quota": {"code": 429},
        "key": {},
        "disabled": {},
    }

    def __init__(self, places: Pharmacies) -> None:
        super().__init__(kakao_daily_quota=100_000, kakao_seconds=0.0)
        self._places = places
        self._quota = Quota()

    def operation(self, request: Request) -> str:
        return {PATH: "category", MAP_PATH: "map"}.get(request.path, "unknown")

    def seconds(self, operation: str) -> float:
        return self.settings["kakao_seconds"]

    def reset(self) -> None:
        self._quota.clear()

    def answer(self, request: Request) -> Reply:
        try:
            return _map(request) if request.path == MAP_PATH else self._category(request)
        except RefusedError as refused:
            return refused.reply

    def fault_replies(self) -> Mapping[str, FaultReply]:
        return {"quota": _quota, "key": _key, "disabled": _disabled}

    def _category(self, request: Request) -> Reply:
        _check_key(request)
        if request.method != "GET" or request.path != PATH:
            raise RefusedError(404, "ResourceNotFound", "not found")
        if not self._quota.spend("app", "category", self.settings["kakao_daily_quota"]):
            return json_reply(_THROTTLED, 429)
        return _page(self._found(request.params), request.params)

    def _found(self, params: Mapping[str, str]) -> list[Row]:
        group = params.get("category_group_code")
        if not group:
            raise RefusedError(400, "MissingParameter", "category_group_code parameter required")
        found = _by_rect(self._places, params) if params.get("rect") else _by_circle(self._places, params)
        return found if group == "PM9" else []


def _map(request: Request) -> Reply:
    """To any page that shows the key: which pages may is Kakao's to check by their origin."""
    if request.params.get("appkey") != JS_KEY:
        raise RefusedError(401, "AccessDeniedError", "wrong appKey format")
    return Reply(200, _MAP.read_bytes(), "text/javascript;charset=UTF-8")


def _by_rect(places: Pharmacies, params: Mapping[str, str]) -> list[Row]:
    corners = params["rect"].split(",")
    if len(corners) != 4:
        raise RefusedError(400, "InvalidArgument", "rect is invalid")
    west, south, east, north = (_number(corner, "rect") for corner in corners)
    return places.kakao().inside(west, south, east, north)


def _by_circle(places: Pharmacies, params: Mapping[str, str]) -> list[Row]:
    if not (params.get("x") and params.get("y")):
        raise RefusedError(400, "MissingParameter", "x,y,radius or rect parameter required")
    lng, lat = _number(params["x"], "x"), _number(params["y"], "y")
    radius = _number(params.get("radius") or "0", "radius")
    if not 0 < radius <= MAX_RADIUS:
        raise RefusedError(400, "InvalidArgument", "radius is more than max")
    north, east = radius / 110_000, radius / 85_000
    rows = places.kakao().inside(lng - east, lat - north, lng + east, lat + north)
    measured = [row | {"distance": str(round(_metres(lat, lng, row)))} for row in rows]
    found = [row for row in measured if int(str(row["distance"])) <= radius]
    return sorted(found, key=lambda row: int(str(row["distance"]))) if params.get("sort") == "distance" else found


def _page(found: list[Row], params: Mapping[str, str]) -> Reply:
    number, size = _count(params, "page", 1, MAX_PAGE), _count(params, "size", MAX_SIZE, MAX_SIZE)
    if params.get("sort", "accuracy") not in ("accuracy", "distance"):
        raise RefusedError(400, "InvalidArgument", "sort is invalid")
    if params.get("sort") == "distance" and not params.get("x"):
        raise RefusedError(400, "MissingParameter", "x,y parameter required")
    pageable = found[:MAX_PLACES]
    last = max(1, math.ceil(len(pageable) / size))
    # Past the end the last page comes again.
    shown = min(number, last)
    meta = {
        "same_name": None, "pageable_count": len(pageable), "total_count": len(found), "is_end": shown == last,
    }  # fmt: skip
    return json_reply({"meta": meta, "documents": pageable[(shown - 1) * size : shown * size]})


def _check_key(request: Request) -> None:
    given = request.headers.get("authorization", "")
    if not given.startswith("KakaoAK "):
        raise RefusedError(401, "AccessDeniedError", "wrong appKey(null) format")
    if given.removeprefix("KakaoAK ").strip() != REST_KEY:
        raise RefusedError(401, "AccessDeniedError", "appKey does not exist")


def _count(params: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = params.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise RefusedError(400, "InvalidArgument", f"{name} is more than max")
    return int(text)


def _number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RefusedError(400, "InvalidArgument", f"{name} is invalid")
    return value


def _metres(lat: float, lng: float, row: Row) -> float:
    north = (float(str(row["y"])) - lat) * 111_000
    east = (float(str(row["x"])) - lng) * 111_000 * math.cos(math.radians(lat))
    return math.hypot(north, east)


def _quota(fault: Fault, _: Request) -> Reply:
    """Both ways in which Kakao is known to say it: 429, and 400 with the code -10."""
    if fault.code() == 429:
        return json_reply(_THROTTLED, 429)
    return json_reply({"code": -10, "msg": "API limit has been exceeded."}, 400)


def _key(_: Fault, __: Request) -> Reply:
    return RefusedError(401, "AccessDeniedError", "ip mismatched! callerIp=127.0.0.1.").reply


def _disabled(_: Fault, __: Request) -> Reply:
    return RefusedError(403, "NotAuthorizedError", "App(pilling) disabled OPEN_MAP_AND_LOCAL service.").reply
