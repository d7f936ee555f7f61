"""Which products are searched for: counted in Redis without delaying anyone, kept in PostgreSQL by a task.

Counted are distinct addresses a day, so that one caller cannot push a name. An address is never stored: it goes, hashed
with a salt that Redis forgets after eight days, into a HyperLogLog, out of which nobody can read it again.
"""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import cast

import redis
from django.db import connection
from django.utils import timezone

from core import stores
from core.carrier import Carrier
from medicines.models import Medicine, MedicineSearchCount

WINDOW_DAYS = 7
KEPT_DAYS = 30
_MAX_WAITING = 20_000
_REDIS_SECONDS = 8 * 86_400
# In braces what a cluster places by: one command counts many of these keys.
_PREFIX = "pilling:{searched}:"


class _Counter(Carrier[set[tuple[str, str]]]):
    """This process's searches of the last second, carried off in one pipeline."""

    def _empty(self) -> set[tuple[str, str]]:
        return set()

    def note(self, item_seq: str, address: str) -> None:
        """At most so many a second are kept; beyond that a share is lost, which popularity can bear."""
        with self.adding() as waiting:
            if len(waiting) < _MAX_WAITING:
                waiting.add((item_seq, address))

    def _send(self, waiting: set[tuple[str, str]]) -> None:
        _send(waiting, timezone.localdate())


_counter = _Counter("popularity")
note = _counter.note
flush = _counter.flush


def _send(waiting: set[tuple[str, str]], day: date) -> None:
    salt = _salt(day)

    def send(client: redis.Redis) -> None:
        with client.pipeline(transaction=False) as pipe:
            for item_seq, address in waiting:
                hashed = hashlib.blake2b(address.encode(), key=salt, digest_size=8).digest()
                pipe.pfadd(_searchers(day, item_seq), hashed)
                pipe.expire(_searchers(day, item_seq), _REDIS_SECONDS)
            pipe.sadd(_items(day), *{item_seq for item_seq, _ in waiting})
            pipe.expire(_items(day), _REDIS_SECONDS)
            pipe.execute()

    stores.cache.run(send, key=_PREFIX)


def _salt(day: date) -> bytes:
    """The week's random salt, the same in all processes."""
    key = f"{_PREFIX}salt:{day:%G-%V}"

    def read(client: redis.Redis) -> bytes:
        client.set(key, secrets.token_bytes(32), nx=True, ex=_REDIS_SECONDS)
        return cast("bytes | None", client.get(key)) or secrets.token_bytes(32)

    return stores.cache.run(read, key=_PREFIX)


def _items(day: date) -> str:
    return f"{_PREFIX}{day:%Y%m%d}"


def _searchers(day: date, item_seq: str) -> str:
    return f"{_PREFIX}{day:%Y%m%d}:{item_seq}"


def store_counts(*, today: date | None = None) -> int:
    """Write today's and yesterday's counts by brand to PostgreSQL and update `Medicine.popularity`.

    Returns how many medicines' popularity moved. Raises redis.RedisError.
    """
    today = today or timezone.localdate()
    for day in (today - timedelta(days=1), today):
        _store_day(day)
    MedicineSearchCount.objects.filter(day__lte=today - timedelta(days=KEPT_DAYS)).delete()
    return _update_popularity(today)


def _store_day(day: date) -> None:
    members = cast("set[bytes]", stores.cache.run(lambda client: client.smembers(_items(day)), key=_PREFIX))
    counts = _count(day, _by_brand([item.decode() for item in members]))
    MedicineSearchCount.objects.bulk_create(
        [MedicineSearchCount(name=name, day=day, addresses=one, week_addresses=week) for name, (one, week) in counts],
        update_conflicts=True,
        unique_fields=["day", "name"],
        update_fields=["addresses", "week_addresses"],
        batch_size=1_000,
    )


def _by_brand(item_seqs: Sequence[str]) -> Mapping[str, list[str]]:
    """Brand → the item_seqs of it that were searched for."""
    rows = Medicine.objects.filter(item_seq__in=item_seqs).exclude(brand_name="").values_list("brand_name", "item_seq")
    brands = defaultdict[str, list[str]](list)
    for name, item_seq in rows:
        brands[name].append(item_seq)
    return brands


def _count(day: date, brands: Mapping[str, Sequence[str]]) -> list[tuple[str, tuple[int, int]]]:
    """Brand, distinct addresses of the day, and of the days before it that share its salt and its window."""
    days = [day - timedelta(days=back) for back in range(WINDOW_DAYS)]
    same_salt = [other for other in days if other.isocalendar()[:2] == day.isocalendar()[:2]]

    def ask(client: redis.Redis) -> list[int]:
        with client.pipeline(transaction=False) as pipe:
            for item_seqs in brands.values():
                pipe.pfcount(*(_searchers(day, item_seq) for item_seq in item_seqs))
                pipe.pfcount(*(_searchers(other, item_seq) for item_seq in item_seqs for other in same_salt))
            return cast("list[int]", pipe.execute())

    counts = iter(stores.cache.run(ask, key=_PREFIX) if brands else [])
    return list(zip(brands, zip(counts, counts, strict=True), strict=True))


# Yesterday counts nine tenths of today. Whole steps of a logarithm, so that ranks and caches move seldom.
_UPDATE = """
WITH score AS (
    SELECT c.name, floor(log(2, 1 + sum(c.addresses * 0.9 ^ (%(today)s::date - c.day)))) AS step
    FROM medicine_search_count c WHERE c.day <= %(today)s::date GROUP BY c.name
), wanted AS (
    SELECT m.id, coalesce(s.step, 0) AS step
    FROM medicine m LEFT JOIN score s ON s.name = m.brand_name
    WHERE m.popularity <> 0 OR s.step > 0
)
UPDATE medicine m SET popularity = w.step FROM wanted w WHERE m.id = w.id AND m.popularity <> w.step
"""


def _update_popularity(today: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE, {"today": today})
        return int(cursor.rowcount)
