"""What the request path keeps in memory and Redis, under which keys and for how long. For medicines' own modules.

Lists name items and cards hold their bytes, so that one changed summary drops one entry and no list. A list counts only
while no product changed since it was made; an older one stays in Redis for the hours when PostgreSQL is away.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from zoneinfo import ZoneInfo

from core import replica
from core.cache import MEMORY, REDIS, tiers
from core.locks import Flight, local_flight
from core.postgresql import DATABASE_AWAY

DB, API, STALE = "db", "api", "stale"
# In seconds. A list outlives the ten minutes that a cursor is promised by being kept as a snapshot too (pages.py).
LIST_SECONDS = 300
CARD_SECONDS = 3_600
CHANGED_SECONDS = 365 * 86_400
CARD, DETAIL = "card:", "detail:"
_CHANGED = "catalogue-changed"
# Held where no change is known (Redis was emptied); without it, every hit in memory would ask Redis for the mark.
_NEVER = b""
_ORDER = (MEMORY, REDIS, DB, API, STALE)
_WAIT_SECONDS = 2.0
_SEOUL = ZoneInfo("Asia/Seoul")


def moment() -> str:
    """Now, in Seoul, to the millisecond: texts of one length whose order is the order of time.

    Of what is read on a replica, the moment of which that lacks nothing.
    """
    return replica.seen_at().astimezone(_SEOUL).isoformat(timespec="milliseconds")


def slowest(*names: str) -> str:
    """The tier that an answer is said to come from when several took part."""
    return max(names, key=_ORDER.index)


def read_list(key: str, make: Callable[[], bytes], *, made_at: slice) -> tuple[bytes, str]:
    """A list and its tier: memory, Redis, or `make` (one query), which also fills both.

    A list from before the catalogue's last change is made anew; `made_at` is where in the bytes its moment stands. With
    the database away, whatever Redis or a replica still holds. Raises the database's error when that is nothing.
    """
    held, where = tiers().get_many((key, _CHANGED))
    if _CHANGED not in held:
        tiers().shared.add(_CHANGED, _NEVER, seconds=CHANGED_SECONDS)
    value = held.get(key)
    if value is not None and value[made_at] > held.get(_CHANGED, _NEVER):
        return value, where[key]
    try:
        return _make(key, make), DB
    except DATABASE_AWAY as error:
        old = tiers().get_stale_many((key,))
        return old.get(key) or replica.instead(make, of=error), STALE


def _make(key: str, make: Callable[[], bytes]) -> bytes:
    def fill() -> bytes:
        value = make()
        write_list(key, value)
        return value

    # In one process one thread asks; a second process asking the same costs less than a lock between them.
    flight = local_flight(key, compute=lambda: Flight("computed", fill()), wait=_WAIT_SECONDS)
    return flight.value or fill()


def write_list(key: str, value: bytes) -> None:
    tiers().set_many({key: value}, seconds=LIST_SECONDS)


def replace_list(key: str, value: bytes) -> None:
    """The same, and every process drops what it holds under the key."""
    tiers().announce({key: value}, seconds=LIST_SECONDS)


def write_items(prefix: str, items: Mapping[str, bytes], *, seconds: float = CARD_SECONDS) -> None:
    tiers().set_many({prefix + item: value for item, value in items.items()}, seconds=seconds)


def read_items(
    prefix: str,
    ids: Collection[str],
    load: Callable[[list[str]], Mapping[str, bytes]],
    *,
    seconds: float = CARD_SECONDS,
) -> tuple[dict[str, bytes], str]:
    """id → bytes and the slowest tier: from memory, one MGET, and `load` (one query) for those that are missing.

    With the database away, whatever Redis or a replica still holds. Raises the database's error when that is nothing.
    """
    held, where = tiers().get_many([prefix + item for item in ids])
    found = {key.removeprefix(prefix): value for key, value in held.items()}
    names = [MEMORY, *where.values()]
    missing = [item for item in ids if item not in found]
    if missing:
        loaded, name = _load_items(prefix, missing, load, needed=not found)
        if name == DB:
            write_items(prefix, loaded, seconds=seconds)
        found |= loaded
        names.append(name)
    return found, slowest(*names)


def _load_items(
    prefix: str, missing: list[str], load: Callable[[list[str]], Mapping[str, bytes]], *, needed: bool
) -> tuple[Mapping[str, bytes], str]:
    try:
        return load(missing), DB
    except DATABASE_AWAY as error:
        old = _old_items(prefix, missing, load, error)
        if needed and not old:
            raise
        return old, STALE


def _old_items(
    prefix: str, missing: list[str], load: Callable[[list[str]], Mapping[str, bytes]], error: Exception
) -> Mapping[str, bytes]:
    held = tiers().get_stale_many([prefix + item for item in missing])
    old = {key.removeprefix(prefix): value for key, value in held.items()}
    lacking = [item for item in missing if item not in old]
    if lacking:
        with contextlib.suppress(*DATABASE_AWAY):
            old |= replica.instead(lambda: load(lacking), of=error)
    return old


def read_stale(key: str) -> bytes | None:
    """What Redis holds under the key, however old."""
    return tiers().get_stale_many((key,)).get(key)


def invalidate_cards(item_seqs: Iterable[str]) -> None:
    """Drop card and detail of these medicines in every process. Call after the transaction has committed."""
    keys = [prefix + item_seq for item_seq in item_seqs for prefix in (CARD, DETAIL)]
    for start in range(0, len(keys), 2_000):
        tiers().delete_many(keys[start : start + 2_000])


def catalogue_changed(item_seqs: Collection[str]) -> None:
    """Products came, went or changed: drop their cards, and let no list that was made before now be served as fresh.

    Call after the transaction has committed; nothing happens when nothing changed.
    """
    if item_seqs:
        invalidate_cards(item_seqs)
        lists_changed()


def lists_changed() -> None:
    """Let no list that was made before now be served as fresh. Call after the transaction has committed."""
    tiers().renew(_CHANGED, lambda: moment().encode(), seconds=CHANGED_SECONDS)
