"""The answers about pharmacies, put together: what is found, what its hours say of the moment, and in which words."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pharmacies.hours import SEOUL, Moment, Reason, moment, opening, shown
from pharmacies.selectors.holidays import Calendar, calendar
from pharmacies.selectors.nearest import Found, Seen, nearest, one

_WORDS: dict[Reason, str] = {
    "within_hours": "영업시간 안이에요.",
    "past_midnight": "어제 연 뒤 자정을 넘겨 영업 중이에요.",
    "holiday_hours": "공휴일 영업시간 안이에요. 전화로 확인하세요.",
    "always_open": "쉬지 않고 여는 것으로 되어 있어요.",
    "before_opening": "아직 열지 않았어요.",
    "after_closing": "오늘 영업이 끝났어요.",
    "no_hours": "영업시간이 알려지지 않았어요. 전화로 확인하세요.",
    "day_not_listed": "대개 휴무, 전화로 확인하세요.",
}
_PHONE_FIRST = "실제 영업시간은 다를 수 있으니 가기 전에 전화로 확인하세요."
_FEAST = "명절에는 여기 적힌 공휴일 영업시간과 다를 수 있으니, 가기 전에 꼭 전화로 확인하세요."
_FEASTS = ("설날", "추석")


@dataclass(frozen=True, slots=True)
class Answer:
    """JSON, and whether it is out of date: Kakao could not be asked, or the database is away and a replica answered."""

    body: bytes
    stale: bool


def nearest_answer(
    *, lat: float, lng: float, radius: int, limit: int, at: datetime, open_now: bool, heard: str
) -> Answer:
    """The nearest. `heard`: how far Kakao was heard about this neighbourhood."""
    days = calendar()
    now = moment(at, days.is_holiday)
    only: Literal["open"] | None = "open" if open_now else None
    rows, is_old = nearest(lat=lat, lng=lng, radius=radius, limit=limit, now=now, only=only)
    stale = is_old or heard == "down"
    body = _head(at, days) | {"kakao": heard, "stale": stale, "results": [_row(found, now) for found in rows]}
    return Answer(_json(body | {"next": None, "previous": None}), stale)


def one_answer(*, pharmacy_id: int, at: datetime) -> Answer | None:
    """One pharmacy; None: there is none."""
    found, is_old = one(pharmacy_id=pharmacy_id)
    if found is None:
        return None
    days = calendar()
    return Answer(_json(_row(found, moment(at, days.is_holiday)) | _head(at, days)), is_old)


def _head(at: datetime, days: Calendar) -> dict[str, Any]:
    local = at.astimezone(SEOUL)
    name = days.name(local.date())
    feast = any(feast in name for feast in _FEASTS)
    return {"at": _instant(local), "holiday": name or None, "notice": _FEAST if feast else _PHONE_FIRST}


def _row(found: Found, now: Moment) -> dict[str, Any]:
    said = opening(found.week, now)
    return {
        "id": found.id,
        "name": found.name,
        "address": found.address,
        "phone": found.phone,
        "lat": found.lat,
        "lng": found.lng,
        "distance_m": None if found.metres is None else round(found.metres, 1),
        "state": said.state,
        "state_reason": said.reason,
        "state_text": _WORDS[said.reason],
        "opens_at": _instant(said.opens_at),
        "closes_at": _instant(said.closes_at),
        "hours": shown(found.week) if any(found.week) else None,
        "sources": _sources(found.seen),
        "as_of": found.seen[0].as_of.isoformat(),
    }


def _sources(seen: Sequence[Seen]) -> list[dict[str, Any]]:
    return [{"name": each.source, "as_of": each.as_of.isoformat(), "confidence": each.confidence} for each in seen]


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
