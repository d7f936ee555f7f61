"""The day's calls to data.go.kr, counted per operation on the broker's Redis; used by `core.datagokr` alone.

A call that core.http repeats counts once: the vendor's own count may run a little ahead, and its code 22 corrects ours.
With Redis away nothing is counted and calls go out: the vendor's quota still holds.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import redis
from django.conf import settings

from core import stores
from core.errors import BudgetExhausted, VendorError

T = TypeVar("T")
logger = logging.getLogger(__name__)

RESERVE = 0.2
"""The share of the day's calls that is kept for the nightly mirror and backfill."""
PAUSE_SECONDS = 1.0
_KOREA = ZoneInfo("Asia/Seoul")
_KEPT_SECONDS = 93_600
_SPEND = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then return 0 end
redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
"""


def spend(vendor: str, operation: str, *, reserved: bool) -> None:
    """Count one call; `reserved` leaves the mirror's share alone. Raises BudgetExhausted."""
    budget = settings.DATA_GO_KR_DAILY_BUDGET
    limit = int(budget * (1 - RESERVE)) if reserved else budget
    allowed = _run(lambda client: client.eval(_SPEND, 1, _key(operation), str(limit), str(_KEPT_SECONDS)), 1)
    if not allowed:
        raise BudgetExhausted(vendor, "today's calls are spent")


def refund(operation: str) -> None:
    """The call did not go out after all."""
    _run(lambda client: client.decr(_key(operation)), None)


def exhaust(operation: str) -> None:
    """The vendor says the day's quota is spent: no more calls until midnight in Korea."""
    _run(lambda client: client.set(_key(operation), settings.DATA_GO_KR_DAILY_BUDGET, ex=_KEPT_SECONDS), None)


def left(operation: str) -> int:
    """Calls that the mirror may still make today."""
    used: Any = _run(lambda client: client.get(_key(operation)), None)
    return max(0, int(settings.DATA_GO_KR_DAILY_BUDGET) - int(used or 0))


def pause(operation: str) -> None:
    """Rest for a moment after code 23."""
    _run(lambda client: client.set(_pause_key(operation), "1", px=int(PAUSE_SECONDS * 1000)), None)


def respect_pause(operation: str, may_wait: bool, otherwise: VendorError) -> None:
    """Wait until the operation has rested, or raise `otherwise` when the caller may not wait."""
    left_ms: Any = _run(lambda client: client.pttl(_pause_key(operation)), -1)
    if left_ms > 0:
        if not may_wait:
            raise otherwise
        time.sleep(left_ms / 1000)


def _key(operation: str) -> str:
    return f"pilling:datagokr:{operation}:{datetime.now(_KOREA):%Y%m%d}"


def _pause_key(operation: str) -> str:
    return f"pilling:datagokr:{operation}:pause"


def _run(command: Callable[[redis.Redis], Any], when_away: Any) -> Any:
    try:
        return stores.broker.run(command)
    except redis.RedisError as error:
        logger.warning("Budget not counted: %s", type(error).__name__)
        return when_away
