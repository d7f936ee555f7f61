"""The nearest pharmacies: one statement on one index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db import connections

from core import replica
from pharmacies.hours import NO_HOURS, Moment, Week

# earthdistance's sphere has the equator's radius. On this smaller one distances within Korea are at most 0.3 % off
# WGS84's (test_nearest.py): north-south too long, east-west too short, by as much.
_SCALE = 6_372_500 / 6_378_168

Params = Mapping[str, float]
# {only} is empty or _OPEN. The index is walked outwards from the point until the limit is reached; what lies beyond the
# radius by then is left out, which costs less than to look for the box first.
_NEAREST = """
SELECT n.*, (
    SELECT json_agg(json_build_object('source', m.source, 'as_of', m.as_of, 'phone', m.phone, 'confidence',
        (SELECT max(confidence) FROM pharmacy_match WHERE row_id = m.id AND target_id = n.id)) ORDER BY m.source, m.id)
    FROM pharmacy m WHERE m.merged_into_id = n.id AND m.vanished_at IS NULL
) FROM (
    SELECT id, source, name, address, phone, lat, lng, opens, closes, as_of,
        sec_to_gc(place <-> ll_to_earth(%(lat)s, %(lng)s)) * %(scale)s AS metres
    FROM pharmacy
    WHERE merged_into_id IS NULL AND vanished_at IS NULL {only}
    ORDER BY place <-> ll_to_earth(%(lat)s, %(lng)s), id
    LIMIT %(limit)s
) n WHERE n.metres <= %(radius)s ORDER BY n.metres, n.id
"""
# Today's hours, or yesterday's that reach past midnight (arrays begin at 1), within the box: at night the walk would be
# long without it.
_OPEN = """AND earth_box(ll_to_earth(%(lat)s, %(lng)s), %(reach)s) @> place
        AND ((opens[%(today)s] <= %(minute)s AND closes[%(today)s] > %(minute)s)
             OR closes[%(yesterday)s] > %(minute)s + 1440)"""
_ONE = """
SELECT p.id, p.source, p.name, p.address, p.phone, p.lat, p.lng, p.opens, p.closes, p.as_of, NULL::float8, (
    SELECT json_agg(json_build_object('source', m.source, 'as_of', m.as_of, 'phone', m.phone, 'confidence',
        (SELECT max(confidence) FROM pharmacy_match WHERE row_id = m.id AND target_id = p.id)) ORDER BY m.source, m.id)
    FROM pharmacy m WHERE m.merged_into_id = p.id AND m.vanished_at IS NULL
) FROM pharmacy asked JOIN pharmacy p ON p.id = coalesce(asked.merged_into_id, asked.id)
WHERE asked.id = %(id)s AND p.vanished_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """That a source shows a pharmacy, as of a day; `confidence`: how sure it is that its row is the same place."""

    source: str
    as_of: date
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """One pharmacy; `metres` from where it was asked for, None when it was asked for by its id."""

    id: int
    name: str
    address: str
    phone: str
    lat: float
    lng: float
    week: Week
    metres: float | None
    seen: tuple[Seen, ...]


def nearest(
    *, lat: float, lng: float, radius: int, limit: int, now: Moment, only: Literal["open"] | None = None
) -> tuple[list[Found], bool]:
    """Nearest first, within `radius` metres; `only` "open": those whose stated hours hold the moment.

    And whether they are a replica's old ones, since the database is away.
    """
    sql, params = statement(lat=lat, lng=lng, radius=radius, limit=limit, now=now, only=only)
    rows, is_old = replica.read_or_old(lambda: _rows(sql, params))
    return [_found(row) for row in rows], is_old


def statement(
    *, lat: float, lng: float, radius: int, limit: int, now: Moment, only: Literal["open"] | None = None
) -> tuple[str, Params]:
    """The SQL and its parameters, for `nearest` and for measuring it."""
    params = {
        "lat": lat, "lng": lng, "radius": radius, "reach": radius / _SCALE, "scale": _SCALE, "limit": limit,
        "minute": now.minute, "today": now.places[1] + 1, "yesterday": now.places[0] + 1,
    }  # fmt: skip
    return _NEAREST.format(only=_OPEN if only == "open" else ""), params


def one(*, pharmacy_id: int) -> tuple[Found | None, bool]:
    """One pharmacy; by the id of a row that was merged, the place that it is. None: unknown or closed down.

    And whether it is a replica's old one. What that does not know may have come since: the database's error is raised.
    """
    rows, is_old = replica.read_or_old(lambda: _rows(_ONE, {"id": pharmacy_id}), complete=bool)
    return next(map(_found, rows), None), is_old


def _rows(sql: str, params: Params) -> Sequence[tuple[Any, ...]]:
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(sql, params)
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return found


def _found(row: tuple[Any, ...]) -> Found:
    number, source, name, address, phone, lat, lng, opens, closes, as_of, metres, merged = row
    others = merged or ()
    seen = (Seen(source, as_of), *(Seen(m["source"], date.fromisoformat(m["as_of"]), m["confidence"]) for m in others))
    phone = phone or next((m["phone"] for m in others if m["phone"]), "")
    return Found(number, name, address, phone, lat, lng, _week(opens, closes), metres, seen)


def _week(opens: list[int | None] | None, closes: list[int | None] | None) -> Week:
    if opens is None or closes is None:
        return NO_HOURS
    return tuple(None if o is None or c is None else (o, c) for o, c in zip(opens, closes, strict=True))
