"""How fast pushes may leave, all workers together: a place in the queue of seconds, kept on the broker's Redis.

Expo takes 600 a second from a project. A place is taken before sending; one that a killed worker took is lost, no more.
"""

import logging
import time
from typing import Any

import redis
from django.conf import settings

from core import stores

logger = logging.getLogger(__name__)

_KEY = "pilling:push-pace"
# The next free moment moves on by what these messages cost; answers how long to wait for ours. Microseconds.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free = tonumber(redis.call('GET', KEYS[1]) or '0')
if free < now then free = now end
redis.call('SET', KEYS[1], string.format('%.0f', free + tonumber(ARGV[1])), 'PX', 60000)
return string.format('%.0f', free - now)
"""
# Without Redis a process cannot see the others: it takes a quarter.
_ALONE = 4


def wait(messages: int) -> None:
    """Sleep until so many messages may be sent."""
    time.sleep(_reserve(messages / settings.PUSH_PER_SECOND))


def back_off(seconds: float) -> None:
    """Expo said "too many": nobody sends for a while."""
    time.sleep(_reserve(seconds))


def _reserve(cost: float) -> float:
    try:
        waiting: Any = stores.broker.run(lambda client: client.eval(_RESERVE, 1, _KEY, str(int(cost * 1_000_000))))
    except redis.RedisError as error:
        logger.warning("Pace kept in this process alone: %s", type(error).__name__)
        return cost * _ALONE
    return int(waiting) / 1_000_000
