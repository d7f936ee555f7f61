"""The last run of each background task and how many ended how today, in Redis, for the operators' page.

Nothing depends on it: what Redis forgets is told as unknown, and a dead Redis costs a task nothing but a line.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import cast

import redis
from django.utils import timezone

from core import stores

logger = logging.getLogger(__name__)
_LAST = "pilling:task-runs"
_KEPT_SECONDS = 8 * 86_400


@dataclass(frozen=True, slots=True)
class Run:
    """How a task's last run went: `outcome` as in the metrics (started, succeeded, retried, failed)."""

    outcome: str
    at: str
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A task by its name: its last run, None when Redis knows none, and today's number of each outcome."""

    name: str
    last: Run | None
    today: Mapping[str, int]


def record(name: str, outcome: str, *, seconds: float | None = None, reason: str = "") -> None:
    """Note what a task came to; never raises."""
    now = timezone.localtime()
    run = Run(outcome, now.isoformat(timespec="seconds"), seconds, reason)

    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            pipe.hset(_LAST, name, json.dumps(asdict(run)))
            pipe.expire(_LAST, _KEPT_SECONDS)
            pipe.hincrby(_counts(now.date()), f"{name} {outcome}", 1)
            pipe.expire(_counts(now.date()), _KEPT_SECONDS)
            pipe.execute()

    try:
        stores.cache.run(send)
    except redis.RedisError as error:
        logger.warning("Task run not noted: %s", type(error).__name__)


def _counts(day: date) -> str:
    return f"pilling:task-counts:{day:%Y%m%d}"


def seen(names: list[str]) -> list[Seen]:
    """These tasks, in their order. Raises redis.RedisError."""
    held = cast("dict[bytes, bytes]", stores.cache.run(lambda client: client.hgetall(_LAST)))
    counted = cast("dict[bytes, bytes]", stores.cache.run(lambda client: client.hgetall(_counts(timezone.localdate()))))
    today: dict[str, dict[str, int]] = {}
    for key, count in counted.items():
        name, _, outcome = key.decode().partition(" ")
        today.setdefault(name, {})[outcome] = int(count)
    return [Seen(name, _run(held.get(name.encode())), today.get(name, {})) for name in names]


def _run(value: bytes | None) -> Run | None:
    return Run(**json.loads(value)) if value else None
