"""Something to see for who logs in as the Kakao stand-in's member 1: plans, two weeks of intakes, scraps.

Only on the embedded database, with a member whom the stand-in vouches for: a real Kakao knows none of them.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.services.kakao import Credentials, sign_in
from core.errors import Problem
from medicines.selectors.cards import names_of
from medicines.services.scraps import create_scrap
from sandbox.environment import say
from sandbox.standins.kakao_members import APP_ID
from schedules.selectors.people import Person, person
from schedules.services import intakes
from schedules.services.plans import Draft, create_plan

MEMBER = "sandbox-user-1"
DAYS = 14
_PRESSURE, _STEROID, _PAIN = "200410090", "199602982", "202106092"
_SCRAPS = ((_PAIN, "상비약", "열이 날 때 한 알"), ("198700405", "상비약", ""), (_PRESSURE, "먹는 약", "아침마다"))


def make_demo() -> bool:
    """Once: who threw it away is not given it again. False: it is there already, or there is no stand-in."""
    if str(APP_ID) != settings.KAKAO_APP_ID:
        return False
    try:
        with transaction.atomic():
            return _made()
    except Problem as problem:
        say(f"No demo was made: {problem}")
        return False


def _made() -> bool:
    member = sign_in(Credentials(access_token=MEMBER), to="app")
    if not member.is_new:
        return False
    owner = person(member.user.pk)
    known = names_of(item_seqs=[_PRESSURE, _STEROID, _PAIN, *(item_seq for item_seq, _, _ in _SCRAPS)])
    for draft in _drafts(datetime.now(owner.zone)):
        if draft.content["item_seq"] in known:
            create_plan(person=owner, draft=draft)
    if name := known.get(_PRESSURE):
        _record(owner, {"item_seq": _PRESSURE, "medicine_name": name})
    _scrap(owner.id, [scrap for scrap in _SCRAPS if scrap[0] in known])
    return True


def _drafts(now: datetime) -> Sequence[Draft]:
    """Every morning; a taper; as needed."""
    today = now.date().isoformat()
    phases = [
        {"times": ["breakfast+30", "bedtime"], "days": 3, "dose": {"amount": "2", "unit": "정"}},
        {"times": ["breakfast+30"], "days": 4, "dose": {"amount": "1", "unit": "정"}},
    ]
    stock = {"amount": 12, "warn_days": 5, "warn_time": "09:00"}
    return (
        Draft(_content(_PRESSURE), {"starts_on": today, "times": ["08:00"]}, stock, ("내과",)),
        Draft(_content(_STEROID, notes="속이 쓰리면 우유와 함께"), {"starts_on": today, "phases": phases}),
        Draft(_content(_PAIN), {"starts_on": today, "as_needed": {"min_gap": 240, "max_per_day": 4}}),
    )


def _content(item_seq: str, *, notes: str = "") -> dict[str, Any]:
    return {
        "item_seq": item_seq, "medicine_name": "", "dose_amount": 1, "dose_unit": "정", "notes": notes,
        "time_zone": "", "ingredients": [],
    }  # fmt: skip


def _record(owner: Person, medicine: dict[str, str]) -> None:
    """The two weeks before today: mostly taken in time, once late, once skipped, once missed."""
    today = datetime.combine(datetime.now(owner.zone).date(), time(8), tzinfo=owner.zone)
    for back in range(DAYS, 0, -1):
        due = today - timedelta(days=back)
        taken = {"completed_at": due + timedelta(minutes=150 if back == 9 else 4 * back % 17)}
        row = intakes.write_down(
            person=owner, given={**medicine, "scheduled_time": due, **({} if back in (4, 6) else taken)}
        )
        if back == 6:
            intakes.skip(user_id=owner.id, id_=row.pk, at=due + timedelta(minutes=30))


def _scrap(user_id: UUID, scraps: Sequence[tuple[str, str, str]]) -> None:
    for item_seq, category, notes in scraps:
        create_scrap(user_id=user_id, given={"item_seq": item_seq, "category": category, "notes": notes})
