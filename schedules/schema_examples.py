"""The answers that the schema shows: one made-up person's tablets on 2026-11-26.

Files are made by the code that makes real ones, so that they show what is really sent.
"""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from drf_spectacular.types import OpenApiTypes

from core.schema import answer
from schedules import calendars, outputs, sheet_fhir
from schedules.selectors.people import Person
from schedules.selectors.sheet import Sheet, as_csv

_PERSON = "0b2f6c1e-5d0c-4a52-9f0e-3a4f5b8f7c21"
_MADE_AT = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
_NAMED = {"item_seq": "200000001", "medicine_name": "보기정500밀리그램"}
_DOSE = {"amount": 1, "unit": "정"}

_PLAN: dict[str, Any] = {
    "id": "5f3c0f5e-2b1d-4f0a-8a5e-6d7c8b9a0f11",
    "version": 2,
    **_NAMED,
    "dose": _DOSE,
    "time_zone": None,
    "starts_on": "2026-11-20",
    "ends_on": None,
    "doses": None,
    "times": ["08:00", "dinner+30"],
    **dict.fromkeys(("every", "weekdays", "cycle", "phases", "as_needed")),
    "ingredients": [],
    "stock": {"amount": 24, "warn_days": 5, "warn_time": "09:00", "days_left": 12},
    "notes": "물을 넉넉히 마시기",
    "tags": ["내과"],
    "created_at": "2026-11-20T00:10:00+00:00",
    "updated_at": "2026-11-23T04:30:00+00:00",
}
_PREVIEW = {
    "fires": True,
    "results": [
        {"at": "2026-11-26T19:00:00+09:00", "phase": 0, "dose_amount": None},
        {"at": "2026-11-27T08:00:00+09:00", "phase": 0, "dose_amount": None},
    ],
    "more": False,
}
_NEXT_DOSE = {
    "possible_at": "2026-11-26T03:30:00+00:00",
    "possible_now": False,
    "last_taken_at": "2026-11-25T23:30:00+00:00",
    "taken_in_24h": 1,
    "reasons": [
        {
            "kind": "min_gap",
            "detail": "4시간 간격을 두기로 한 약이에요.",
            "until": "2026-11-26T03:30:00+00:00",
        }
    ],
    "ingredients": [
        {
            "name": "아세트아미노펜",
            "taken_mg": 500,
            "dose_mg": 500,
            "max_mg": 4_000,
            "max_source": "label",
            "not_counted": [],
            "products": ["보기정500밀리그램"],
        }
    ],
    "notice": "참고용이에요. 더 먹어도 되는지는 의사나 약사에게 물어보세요.",
}

_PLANNED: dict[str, Any] = {
    "id": "c1b0a9f8-7e6d-5c4b-8a39-281706f5e4d3",
    "plan_id": _PLAN["id"],
    "plan_version": 2,
    "scheduled_time": "2026-11-26T10:00:00+00:00",
    "completed": False,
    "completed_at": None,
    "skipped_at": None,
    "status": "planned",
    "medicine": {"item_seq": _NAMED["item_seq"], "name": _NAMED["medicine_name"]},
    "dose": _DOSE,
    "notes": "",
    "version": 7,
}
_TAKEN = _PLANNED | {
    "id": "9e8d7c6b-5a49-5382-9716-05f4e3d2c1b0",
    "scheduled_time": "2026-11-25T23:00:00+00:00",
    "completed": True,
    "completed_at": "2026-11-25T23:05:00+00:00",
    "status": "taken",
    "version": 8,
}
_SKIPPED = _PLANNED | {"skipped_at": "2026-11-26T10:20:00+00:00", "status": "skipped", "version": 9}
_BY_HAND = _TAKEN | {
    "id": "4d5e6f70-8192-4a3b-9c4d-5e6f70819243",
    "plan_id": None,
    "plan_version": None,
    "medicine": {"item_seq": None, "name": "쌍화탕"},
    "dose": {"amount": 1, "unit": "병"},
    "notes": "몸살 기운",
}
_FEED = {
    "results": [_TAKEN, _PLANNED],
    "next": None,
    "previous": None,
    "sync_token": "8.1798243200~p0JcV9dT3mXw6n1sQe5bR7yKfU2hZaLg",
    "planned_until": "2027-01-25T15:00:00+00:00",
}


def _tally(on_time: int = 0, late: int = 0, skipped: int = 0, missed: int = 0) -> dict[str, Any]:
    taken, due = on_time + late, on_time + late + skipped + missed
    kinds = {"on_time": on_time, "late": late, "skipped": skipped, "missed": missed}
    return {"due": due, "taken": taken, **kinds, "rate": round(taken / due, 4)}


_TOTAL = _tally(on_time=3, late=1, missed=1)
_ADHERENCE = {
    "from": "2026-11-24",
    "to": "2026-11-26",
    "time_zone": "Asia/Seoul",
    "total": _TOTAL,
    "medicines": [{**_NAMED, **_TOTAL}],
    "days": [
        {"date": "2026-11-24", **_tally(on_time=2)},
        {"date": "2026-11-25", **_tally(late=1, missed=1)},
        {"date": "2026-11-26", **_tally(on_time=1)},
    ],
    "weeks": [{"week_of": "2026-11-23", **_TOTAL}],
    "streak": {"current_days": 1, "longest_days": 1},
}


def _read(row: dict[str, Any]) -> dict[str, Any]:
    """As the selectors have it, before it is JSON."""
    moments = ("scheduled_time", "completed_at", "skipped_at")
    return row | {name: row[name] and datetime.fromisoformat(row[name]) for name in moments}


_SHEET = Sheet(
    person=Person(UUID(_PERSON), ZoneInfo("Asia/Seoul"), 1, {}),
    made_at=_MADE_AT,
    plans=[_PLAN],
    rows=[_read(_TAKEN)],
    kept=_ADHERENCE,
)
_CALENDAR_FILE = calendars.calendar([_read(_PLANNED)], show_medicine_name=False, now=_MADE_AT)

_DEVICE = {
    "id": "6a1d3f5e-8f6b-4f0a-b0a5-1f2e3d4c5b6a",
    "platform": "android",
    "name": "내 전화",
    "created_at": "2026-11-20T00:05:00+00:00",
}
_INVITED: dict[str, Any] = {
    "id": "d3c2b1a0-9f8e-4d7c-8b6a-5f4e3d2c1b0a",
    "role": "patient",
    "label": "어머니",
    "plan_ids": [_PLAN["id"]],
    "after_minutes": 60,
    "show_medicine_name": False,
    "expires_at": "2026-12-03T01:00:00+00:00",
    "accepted_at": None,
}
_ACCEPTED = _INVITED | {"expires_at": None, "accepted_at": "2026-11-26T02:00:00+00:00"}
_TAG = {"id": 18, "name": "어머니 약", "seeded": False}


def _list(*items: dict[str, Any]) -> dict[str, Any]:
    return {"results": list(items), "next": None, "previous": None}


PLAN, PLANS = answer(outputs.PlanOut, _PLAN), answer(outputs.PlanList, _list(_PLAN))
REFILLED = answer(outputs.PlanOut, _PLAN | {"stock": _PLAN["stock"] | {"amount": 84, "days_left": 42}})
PREVIEW = answer(outputs.PreviewOut, _PREVIEW)
NEXT_DOSE = answer(outputs.NextDoseOut, _NEXT_DOSE)

PLANNED, TAKEN, SKIPPED, BY_HAND, NOTED = (
    answer(outputs.IntakeOut, value)
    for value in (_PLANNED, _TAKEN, _SKIPPED, _BY_HAND, _TAKEN | {"notes": "아침을 거르고 먹음"})
)
FEED = answer(outputs.FeedOut, _FEED)
TODAY = answer(outputs.TodayOut, _list(_TAKEN, _PLANNED) | {"date": "2026-11-26", "time_zone": "Asia/Seoul"})

ADHERENCE = answer(outputs.AdherenceOut, _ADHERENCE)
CALENDAR = answer(outputs.CalendarOut, {"url": "https://pilling.example/api/v1/calendar/k3Vw9xQmT2nB7cLz.ics"})
CALENDAR_FILE = answer(OpenApiTypes.STR, _CALENDAR_FILE.decode())
SHEET_PDF = answer(OpenApiTypes.BINARY, "%PDF-1.4 …")
SHEET_CSV = answer(OpenApiTypes.STR, as_csv(_SHEET).decode("utf-8-sig"))
SHEET_FHIR = answer(OpenApiTypes.OBJECT, json.loads(sheet_fhir.as_fhir(_SHEET)))

TAG = answer(outputs.TagOut, _TAG)
TAGS = answer(outputs.TagList, _list({"id": 1, "name": "내과", "seeded": True}, _TAG))
DEVICE, DEVICES = answer(outputs.DeviceOut, _DEVICE), answer(outputs.DeviceList, _list(_DEVICE))
CARERS = answer(outputs.CarerList, _list(_ACCEPTED))
INVITED_CARER = answer(outputs.InvitedCarerOut, _INVITED | {"code": "K7MQ2WXR9DHT"})
ACCEPTED_CARER = answer(outputs.CarerOut, _ACCEPTED | {"role": "carer", "plan_ids": []})
