"""What people search for in vain, for the curators: kept only once several addresses have asked the same.

Until then a query is a salted digest with a HyperLogLog of salted addresses (as medicines.services.popularity counts),
which Redis forgets after eight days; its words stand nowhere. What was opened next is held to the same number.
"""

import hashlib
import secrets
from datetime import date, timedelta
from typing import Any, cast

import redis
from django.utils import timezone

from core import stores
from core.carrier import Carrier
from medicines.models import SearchMiss

LEAST_ADDRESSES = 5
KEPT_DAYS = 90
_NEXT_SECONDS = 600
_REDIS_SECONDS = 8 * 86_400
_MAX_WAITING, _MAX_TEXTS = 5_000, 2_000
_PREFIX = "pilling:missed:"
_MISSED, _OPENED = 0, 1
_Noted = tuple[int, str, str]
"""Which of the two, the query or the item_seq, the address."""


class _Counter(Carrier[set[_Noted]]):
    """This process's misses of the last second, and what was opened meanwhile."""

    def _empty(self) -> set[_Noted]:
        return set()

    def note(self, query: str, address: str) -> None:
        self._add((_MISSED, query, address))

    def note_opened(self, item_seq: str, address: str) -> None:
        self._add((_OPENED, item_seq, address))

    def _add(self, noted: _Noted) -> None:
        with self.adding() as waiting:
            if len(waiting) < _MAX_WAITING:
                waiting.add(noted)

    def _send(self, waiting: set[_Noted]) -> None:
        day = timezone.localdate()
        salt = _salt(day)
        missed = [(query, _digest(address, salt)) for kind, query, address in waiting if kind == _MISSED]
        opened = [(item_seq, _digest(address, salt)) for kind, item_seq, address in waiting if kind == _OPENED]
        if missed:
            _send_missed(day, salt, missed)
        if opened:
            _send_opened(day, opened)


_counter = _Counter("misses")
note, note_opened, flush = _counter.note, _counter.note_opened, _counter.flush


def _week(day: date) -> str:
    return f"{_PREFIX}{day:%G-%V}:"


def _salt(day: date) -> bytes:
    """The week's random salt, the same in all processes."""

    def read(client: redis.Redis) -> bytes:
        client.set(_week(day) + "salt", secrets.token_bytes(32), nx=True, ex=_REDIS_SECONDS)
        return cast("bytes | None", client.get(_week(day) + "salt")) or secrets.token_bytes(32)

    return stores.cache.run(read)


def _digest(text: str, salt: bytes) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), key=salt, digest_size=10).hexdigest()


def _send_missed(day: date, salt: bytes, missed: list[tuple[str, str]]) -> None:
    """Count; the words of a query go along only when it has enough addresses by now."""
    week, texts = _week(day), {query: _digest(query, salt) for query, _ in missed}

    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for query, address in missed:
                pipe.pfadd(f"{week}by:{texts[query]}", address)
                pipe.set(f"{week}last:{address}", texts[query], ex=_NEXT_SECONDS)
            for digest in texts.values():
                pipe.expire(f"{week}by:{digest}", _REDIS_SECONDS)
            for digest in texts.values():
                pipe.pfcount(f"{week}by:{digest}")
            pipe.hlen(f"{week}texts")
            *counts, held = pipe.execute()[-len(texts) - 1 :]
        asked = {texts[query]: query for query, count in zip(texts, counts, strict=True) if count >= LEAST_ADDRESSES}
        if asked and held < _MAX_TEXTS:
            client.hset(f"{week}texts", mapping=dict[Any, Any](asked))
            client.expire(f"{week}texts", _REDIS_SECONDS)

    stores.cache.run(send)


def _send_opened(day: date, opened: list[tuple[str, str]]) -> None:
    """The first product that an address opens within ten minutes of a search in vain."""
    week = _week(day)

    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for _, address in opened:
                pipe.getdel(f"{week}last:{address}")
            followed = [(*pair, digest) for pair, digest in zip(opened, pipe.execute(), strict=True) if digest]
            for item_seq, address, digest in followed:
                pipe.sadd(f"{week}next:{digest.decode()}", item_seq)
                pipe.pfadd(f"{week}next:{digest.decode()}:{item_seq}", address)
                pipe.expire(f"{week}next:{digest.decode()}", _REDIS_SECONDS)
                pipe.expire(f"{week}next:{digest.decode()}:{item_seq}", _REDIS_SECONDS)
            pipe.execute()

    stores.cache.run(send)


def store(*, today: date | None = None) -> int:
    """Write yesterday's and today's week to PostgreSQL, forget old rows; how many queries. Raises RedisError."""
    today = today or timezone.localdate()
    days = {_week(day): day for day in (today - timedelta(days=1), today)}
    stored = sum(_store_week(week, day) for week, day in days.items())
    SearchMiss.objects.filter(week__lt=today - timedelta(days=KEPT_DAYS)).delete()
    return stored


def _store_week(week: str, day: date) -> int:
    texts = cast("dict[bytes, bytes]", stores.cache.run(lambda client: client.hgetall(f"{week}texts")))
    monday = day - timedelta(days=day.weekday())
    rows = [_row(week, digest.decode(), query.decode(), monday) for digest, query in texts.items()]
    SearchMiss.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["query"], update_fields=["addresses", "week", "opened"]
    )
    return len(rows)


def _row(week: str, digest: str, query: str, monday: date) -> SearchMiss:
    def ask(client: redis.Redis) -> tuple[int, list[tuple[str, int]]]:
        items = sorted(item.decode() for item in cast("set[bytes]", client.smembers(f"{week}next:{digest}")))
        with client.pipeline(transaction=False) as pipe:
            pipe.pfcount(f"{week}by:{digest}")
            for item in items:
                pipe.pfcount(f"{week}next:{digest}:{item}")
            addresses, *counts = cast("list[int]", pipe.execute())
        return addresses, list(zip(items, counts, strict=True))

    addresses, opened = stores.cache.run(ask)
    many = sorted((pair for pair in opened if pair[1] >= LEAST_ADDRESSES), key=lambda pair: -pair[1])
    return SearchMiss(query=query, week=monday, addresses=addresses, opened=[list(pair) for pair in many[:5]])
