"""Beat's schedule as it stands in the broker: what is started when, when it last was, when it is due. Reads only."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis
from celery import current_app
from django.utils import timezone
from redbeat import RedBeatSchedulerEntry

from core import stores

# Beat looks at least every five seconds (CELERY_BEAT_MAX_LOOP_INTERVAL), and another takes over within thirty.
LATE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Entry:
    """`crontab` in cron's own five columns, empty for an interval; times are None until beat has written them down."""

    name: str
    task: str
    when: str
    crontab: str
    last_run: datetime | None = None
    due: datetime | None = None
    runs: int = 0
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """`is_running`: whether a beat holds the lease by which one of several sends."""

    entries: list[Entry]
    is_running: bool


def configured() -> dict[str, dict[str, Any]]:
    """What the settings say: name to task and schedule."""
    return dict(current_app.conf.beat_schedule or {})


def planned() -> list[Entry]:
    """The schedule without the broker: what the settings say of it."""
    return [_entry(name, entry["task"], entry["schedule"]) for name, entry in sorted(configured().items())]


def seen() -> Seen:
    """The schedule as beat keeps it, the next due first; what only the settings know stands last. Raises RedisError."""
    prefix = current_app.conf.redbeat_key_prefix
    running, rows = stores.broker.run(lambda client: _read(client, prefix))
    kept = [_kept(key, score, *row) for (key, score), row in rows if row[0]]
    names = {entry.name for entry in kept}
    return Seen([*kept, *(entry for entry in planned() if entry.name not in names)], running)


def _read(client: redis.Redis, prefix: str) -> tuple[bool, list[Any]]:
    """Two round trips, however many entries there are."""
    with client.pipeline(transaction=False) as pipe:
        pipe.exists(f"{prefix}:lock")
        pipe.zrange(f"{prefix}:schedule", 0, -1, withscores=True)
        running, due = pipe.execute()
        for key, _ in due:
            pipe.hmget(key, "definition", "meta")
        return bool(running), list(zip(due, pipe.execute(), strict=True))


def _kept(key: bytes, score: float, definition: bytes, meta: bytes | None) -> Entry:
    given = RedBeatSchedulerEntry.decode_definition(definition)
    known = RedBeatSchedulerEntry.decode_meta(meta)
    due, runs = datetime.fromtimestamp(score, UTC) if score >= 0 else None, int(known.get("total_run_count") or 0)
    return _entry(
        given["name"], given["task"], given["schedule"], due=due, runs=runs,
        # Until its first run that is when the entry was made.
        last_run=known["last_run_at"] if runs else None,
        is_late=due is not None and (timezone.now() - due).total_seconds() > LATE_SECONDS,
    )  # fmt: skip


def _entry(name: str, task: str, schedule: Any, **known: Any) -> Entry:
    return Entry(name, task, said(schedule), _crontab(schedule), **known)


def _crontab(schedule: Any) -> str:
    if not hasattr(schedule, "_orig_minute"):
        return ""
    columns = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
    return " ".join(str(getattr(schedule, f"_orig_{column}")) for column in columns)


def said(schedule: Any) -> str:
    """An interval, or a crontab of ours: every so many minutes, once an hour, at hours of the day."""
    if not hasattr(schedule, "_orig_minute"):
        return f"{getattr(schedule, 'seconds', schedule):g}초마다"
    minute, hour = str(schedule._orig_minute), str(schedule._orig_hour)
    if hour != "*":
        return f"날마다 {hour.replace(',', ', ')}시 {minute}분"
    if minute.isdigit():
        return f"매시 {minute}분"
    return f"{minute.rpartition('/')[2]}분마다" if "/" in minute else "1분마다"
