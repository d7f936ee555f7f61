"""Time zones that a person may live in, by their names in the IANA database."""

from functools import lru_cache
from zoneinfo import available_timezones

# The machine's own zone under a name, and the one that says that nobody has set any.
_NO_PLACE = frozenset(("localtime", "Factory"))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    # Each call walks the whole database on the disk.
    return frozenset(available_timezones()) - _NO_PLACE


def is_zone(name: str) -> bool:
    return name in _known()
