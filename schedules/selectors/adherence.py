"""How well plans were kept: any period from one query, told by medicine, day and week."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from schedules.models import Schedule
from schedules.selectors.feed import GRACE

_KINDS = ("on_time", "late", "skipped", "missed")
Tally = dict[str, int]
_Key = tuple[str, str]


def adherence(*, user_id: UUID, first: date, last: date, zone: ZoneInfo) -> dict[str, Any]:
    """From `first` to `last`, both included, in the person's zone. Doses still ahead do not count."""
    by_medicine: dict[_Key, Tally] = defaultdict(_empty)
    by_day: dict[date, Tally] = defaultdict(_empty)
    for row in _counted(user_id, first, last, zone):
        for kind in _KINDS:
            by_medicine[row["item_seq"], row["medicine_name"]][kind] += row[kind]
            by_day[row["day"]][kind] += row[kind]
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "time_zone": zone.key,
        "total": _told(_sum(by_day.values())),
        "medicines": [
            {"item_seq": seq or None, "medicine_name": name, **_told(tally)}
            for (seq, name), tally in sorted(by_medicine.items(), key=lambda item: item[0][::-1])
        ],
        "days": [{"date": day.isoformat(), **_told(tally)} for day, tally in sorted(by_day.items())],
        "weeks": [{"week_of": day.isoformat(), **_told(tally)} for day, tally in _weeks(by_day)],
        "streak": _streaks(by_day),
    }


def _counted(user_id: UUID, first: date, last: date, zone: ZoneInfo) -> Iterable[dict[str, Any]]:
    """One row a medicine and day. What was taken as needed has no plan to be kept."""
    start = datetime.combine(first, time(), tzinfo=zone)
    end = datetime.combine(last + timedelta(days=1), time(), tzinfo=zone)
    overdue = Q(completed=False, skipped_at=None, scheduled_time__lt=timezone.now() - GRACE)
    on_time = Q(completed=True, completed_at__lte=F("scheduled_time") + GRACE)
    mine = Schedule.objects.filter(
        user_id=user_id, deleted_at=None, scheduled_time__gte=start, scheduled_time__lt=end
    ).exclude(slot="", plan__isnull=False)
    rows: Any = (
        mine.annotate(day=TruncDate("scheduled_time", tzinfo=zone))
        .values("item_seq", "medicine_name", "day")
        .annotate(
            on_time=Count("id", filter=on_time),
            late=Count("id", filter=Q(completed=True) & ~on_time),
            skipped=Count("id", filter=Q(skipped_at__isnull=False)),
            missed=Count("id", filter=overdue),
        )
        .order_by("day")
    )
    return cast(Iterable[dict[str, Any]], rows)


def _empty() -> Tally:
    return dict.fromkeys(_KINDS, 0)


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = _empty()
    for tally in tallies:
        for kind in _KINDS:
            total[kind] += tally[kind]
    return total


def _told(tally: Tally) -> dict[str, Any]:
    """`rate`: taken of what was due, null when nothing was."""
    taken, due = tally["on_time"] + tally["late"], sum(tally.values())
    return {"due": due, "taken": taken, **tally, "rate": round(taken / due, 4) if due else None}


def _weeks(by_day: dict[date, Tally]) -> Iterator[tuple[date, Tally]]:
    """By their Mondays."""
    weeks: dict[date, list[Tally]] = defaultdict(list)
    for day, tally in by_day.items():
        weeks[day - timedelta(days=day.weekday())].append(tally)
    return ((monday, _sum(tallies)) for monday, tallies in sorted(weeks.items()))


def _streaks(by_day: dict[date, Tally]) -> dict[str, int]:
    """Days on end with every dose taken, however late; days without a dose neither break nor lengthen one."""
    longest = current = 0
    for _, tally in sorted(by_day.items()):
        due, taken = sum(tally.values()), tally["on_time"] + tally["late"]
        if due:
            current = current + 1 if taken == due else 0
            longest = max(longest, current)
    return {"current_days": current, "longest_days": longest}
