"""Kakao's calls of the day, counted on the broker's Redis, and a rest after it said no.

Kakao says neither how much is left nor until when it refuses, so a refusal rests all calls for a while. With Redis away
nothing is counted and calls go out: Kakao's own quota still holds.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import redis
from django.conf import settings

from core import stores
from core.errors import BudgetExhausted
from pharmacies.hours import SEOUL
from pharmacies.kakao_client import VENDOR

logger = logging.getLogger(__name__)

QUOTA_SECONDS = 900
KEY_SECONDS = 900
_PAUSE = "pilling:kakao-local:pause"
_KEPT_SECONDS = 93_600


def spend() -> None:
    """Count one call. Raises BudgetExhausted when today's are spent, or Kakao refused a while ago."""
    if _run(lambda client: client.exists(_PAUSE), 0):
        raise BudgetExhausted(VENDOR, "resting after a refusal")

    def count(client: redis.Redis) -> Any:
        with client.pipeline(transaction=False) as pipe:
            pipe.incr(_today())
            pipe.expire(_today(), _KEPT_SECONDS)
            return pipe.execute()[0]

    if int(_run(count, 0)) > settings.KAKAO_LOCAL_DAILY_BUDGET:
        raise BudgetExhausted(VENDOR, "today's calls are spent")


def spent() -> int:
    """Calls of today."""
    return int(_run(lambda client: client.get(_today()), None) or 0)


def _today() -> str:
    return f"pilling:kakao-local:{datetime.now(SEOUL):%Y%m%d}"


def rest(seconds: int) -> None:
    """No calls for so long."""
    _run(lambda client: client.set(_PAUSE, "1", ex=seconds), None)


def is_resting() -> bool:
    return bool(_run(lambda client: client.exists(_PAUSE), 0))


def _run(command: Callable[[redis.Redis], Any], when_away: Any) -> Any:
    try:
        return stores.broker.run(command)
    except redis.RedisError as error:
        logger.warning("Kakao's calls not counted: %s", type(error).__name__)
        return when_away
