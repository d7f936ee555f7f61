"""The peer's Redis: limit and cached answer in one round trip, and who searched for what, written once a second."""

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from redis import asyncio as redis

# As long as the product's lists live.
CACHE_SECONDS = 300
_WINDOW_SECONDS = 60
_FLUSH_SECONDS = 1.0
_WEEK_SECONDS = 8 * 86_400


@dataclass(frozen=True, slots=True)
class Seen:
    """What one round trip said: requests of this address in this minute, this one included, and the cached entry."""

    used: int
    reset: int
    entry: bytes | None


class Stores:
    def __init__(self) -> None:
        self._redis = redis.Redis.from_url(os.environ["REDIS_URL"])
        self._searched: dict[str, set[str]] = {}

    async def look(self, address: str, key: str) -> Seen:
        minute, passed = divmod(int(time.time()), _WINDOW_SECONDS)
        counter = f"peer:limit:{address}:{minute}"
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.incr(counter)
            pipe.expire(counter, _WINDOW_SECONDS)
            pipe.get(f"peer:page:{key}")
            used, _, entry = await pipe.execute()
        return Seen(used, _WINDOW_SECONDS - passed, entry)

    async def keep(self, key: str, entry: bytes) -> None:
        await self._redis.set(f"peer:page:{key}", entry, ex=CACHE_SECONDS)

    def note(self, item_seq: str, address: str) -> None:
        self._searched.setdefault(item_seq, set()).add(address)

    async def flush_forever(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            with contextlib.suppress(redis.RedisError):
                await self._flush()

    async def _flush(self) -> None:
        noted, self._searched = self._searched, {}
        day = datetime.now(UTC).date().isoformat()
        async with self._redis.pipeline(transaction=False) as pipe:
            for item_seq, addresses in noted.items():
                counter = f"peer:searched:{day}:{item_seq}"
                pipe.pfadd(counter, *addresses)
                pipe.expire(counter, _WEEK_SECONDS)
            await pipe.execute()

    async def close(self) -> None:
        await self._redis.aclose()
