"""What is asked of the pharmacies, checked: where, how far, when. Pure but for the clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from core.errors import InvalidQuery, invalid
from pharmacies.wire import LAT_RANGE, LNG_RANGE, in_korea

DEFAULT_LIMIT, MAX_LIMIT = 20, 50
DEFAULT_RADIUS, MAX_RADIUS = 2_000, 20_000
PAST, FUTURE = timedelta(days=366), timedelta(days=732)
MAX_ID_DIGITS = 18
_DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,15})?")
_LOST_PLUS = re.compile(r"T.*\d \d\d:?\d\d$")
_SWITCH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class NearestInput:
    lat: float
    lng: float
    radius: int
    open_now: bool
    at: datetime
    limit: int


def nearest_asked(params: Mapping[str, str]) -> NearestInput:
    """Of `lat lng radius open_now at limit`. Raises InvalidQuery."""
    lat, lng = (_degrees(params, name) for name in ("lat", "lng"))
    _check_place(lat, lng)
    return NearestInput(
        lat,
        lng,
        _count(params, "radius", DEFAULT_RADIUS, MAX_RADIUS, "미터"),
        _switch(params.get("open_now")),
        moment_asked(params.get("at")),
        _count(params, "limit", DEFAULT_LIMIT, MAX_LIMIT, "개"),
    )


def id_asked(pharmacy_id: str) -> int:
    """Raises InvalidQuery."""
    if not (pharmacy_id.isascii() and pharmacy_id.isdigit() and len(pharmacy_id) <= MAX_ID_DIGITS):
        raise invalid("id", "digits", "약국 번호(id)는 숫자로만 이루어져 있어요.")
    return int(pharmacy_id)


def _degrees(params: Mapping[str, str], name: str) -> float:
    if name not in params:
        raise invalid(name, "required", "위도(lat)와 경도(lng)를 보내 주세요.")
    # float() would also take "nan", "1e3", "１" and "1_0".
    if not (params[name].isascii() and _DEGREES.fullmatch(params[name])):
        raise invalid(name, "number", f"{name}은(는) 37.5665 같은 도 단위의 수예요.")
    return float(params[name])


def _check_place(lat: float, lng: float) -> None:
    if in_korea(lat, lng):
        return
    if in_korea(lng, lat):
        raise _both("swapped", "위도(lat)와 경도(lng)가 서로 바뀌었어요. 위도가 33-38, 경도가 124-132 사이예요.")
    (south, north), (west, east) = LAT_RANGE, LNG_RANGE
    raise _both("outside_korea", f"대한민국 안의 위치만 찾아요. 위도 {south:g}-{north:g}, 경도 {west:g}-{east:g}예요.")


def _both(code: str, detail: str) -> InvalidQuery:
    return InvalidQuery(detail, errors=[*invalid("lat", code, detail).errors, *invalid("lng", code, detail).errors])


def _count(params: Mapping[str, str], name: str, default: int, most: int, unit: str) -> int:
    given = params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and 1 <= int(given) <= most):
        raise invalid(name, "range", f"{name}은(는) 1부터 {most}까지의 수예요({unit}).")
    return int(given)


def _switch(given: str | None) -> bool:
    if given is None:
        return False
    if given not in _SWITCH:
        raise invalid("open_now", "boolean", "open_now는 true나 false예요.")
    return _SWITCH[given]


def moment_asked(given: str | None) -> datetime:
    """The moment asked for, by default now."""
    now = timezone.now()
    if given is None:
        return now
    if _LOST_PLUS.search(given):
        raise invalid("at", "plus", "at의 +가 빈칸이 되었어요. %2B로 보내 주세요.")
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise invalid("at", "instant", "at은 2026-12-01T12:00:00%2B09:00 같은 시각이에요.") from None
    if at.tzinfo is None:
        raise invalid("at", "offset", "at에 시간대를 붙여 주세요. 한국 시각이면 %2B09:00이에요.")
    return _within_reach(at, now)


def _within_reach(at: datetime, now: datetime) -> datetime:
    try:
        if now - PAST <= at <= now + FUTURE:
            return at
    except OverflowError:  # an offset that leads out of the years there are
        pass
    raise invalid("at", "range", "at은 지난 1년부터 앞으로 2년까지의 시각이에요.")
