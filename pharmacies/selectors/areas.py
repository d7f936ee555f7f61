"""Districts and roads, found in the pharmacies' own addresses: where to look when nobody's place is known.

No address leaves the house for it, as it would with a geocoder.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections

from core import replica
from core.cache import tiers
from core.errors import InvalidQuery, invalid

MAX_TEXT = 100
MAX_CHOICES = 12
KEY = "pharmacy:areas"
_SECONDS = 3_600
_MAX_WORDS = 8
# As people and Kakao write them, and as the national list does.
_PROVINCES = {
    "서울": "서울특별시", "부산": "부산광역시", "대구": "대구광역시", "인천": "인천광역시", "광주": "광주광역시",
    "대전": "대전광역시", "울산": "울산광역시", "세종": "세종특별자치시", "경기": "경기도", "강원": "강원특별자치도",
    "강원도": "강원특별자치도", "충북": "충청북도", "충남": "충청남도", "전북": "전북특별자치도",
    "전라북도": "전북특별자치도", "전남": "전라남도", "경북": "경상북도", "경남": "경상남도", "제주": "제주특별자치도",
    "제주도": "제주특별자치도",
}  # fmt: skip
_NUMBER = re.compile(r"[\d~-]+(번지|호|층|번길)?")

# A district: province, town, and a big city's district. The middle of its pharmacies is where people are; the middle of
# its land would often be a hill.
_AREA = """
SELECT split_part(address, ' ', 1) AS province,
    CASE WHEN split_part(address, ' ', 2) ~ '[시군구]$' THEN split_part(address, ' ', 2) ELSE '' END AS town,
    CASE WHEN split_part(address, ' ', 2) ~ '시$' AND split_part(address, ' ', 3) ~ '구$'
        THEN split_part(address, ' ', 3) ELSE '' END AS part,
    lat, lng
FROM pharmacy WHERE merged_into_id IS NULL AND vanished_at IS NULL AND address <> '' {only}
"""
_MIDDLES = """
SELECT province, town, part, percentile_cont(0.5) WITHIN GROUP (ORDER BY lat),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY lng), count(*)
FROM ({areas}) a GROUP BY province, town, part
"""
_ALL = _MIDDLES.format(areas=_AREA.format(only=""))
_FOUND = _MIDDLES.format(areas=_AREA.format(only="AND (address || ' ' || name) ~* ALL(%(words)s)"))


@dataclass(frozen=True, slots=True)
class Area:
    """A district, and the middle of the pharmacies that were looked at in it."""

    province: str
    town: str
    lat: float
    lng: float
    pharmacies: int

    @property
    def name(self) -> str:
        return f"{self.province} {self.town}".strip()


def areas() -> Sequence[Area]:
    """Every district with a pharmacy, by name."""
    held = tiers().get(KEY)
    if held is not None:
        return _read(held[0])
    value, is_old = replica.read_or_old(_load)
    if not is_old:
        tiers().set_many({KEY: value}, seconds=_SECONDS)
    return _read(value)


def _read(value: bytes) -> Sequence[Area]:
    return [Area(*row) for row in json.loads(value)]


def find_areas(text: str, *, within: str = "") -> Sequence[Area]:
    """Where an address, a road or a station is, the district with most of it first; numbers of houses do not count.

    `within`: the name of a district that it must lie in. Raises InvalidQuery. One pass over the addresses.
    """
    words = {"words": [_pattern(word) for word in [*_words(text), *within.split()]]}
    found, _ = replica.read_or_old(lambda: _areas(_FOUND, words))
    return sorted(found, key=lambda area: (-area.pharmacies, area.name))[:MAX_CHOICES]


def _load() -> bytes:
    rows = [(a.province, a.town, round(a.lat, 5), round(a.lng, 5), a.pharmacies) for a in _areas(_ALL, {})]
    return json.dumps(sorted(rows), ensure_ascii=False).encode()


def _areas(sql: str, params: dict[str, Any]) -> list[Area]:
    """Districts whose province is spelled in two ways are one."""
    with connections[replica.alias()].cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    found: dict[tuple[str, str], Area] = {}
    for province, town, part, lat, lng, count in rows:
        area = Area(_PROVINCES.get(province, province), f"{town} {part}".strip(), lat, lng, count)
        held = found.get((area.province, area.town))
        if area.province in _FULL and (held is None or held.pharmacies < count):
            found[area.province, area.town] = area
    return list(found.values())


_FULL = frozenset(_PROVINCES.values())


def _words(text: str) -> list[str]:
    if "\0" in text or len(text) > MAX_TEXT:
        raise invalid("q", "length", f"주소는 {MAX_TEXT}자까지 적을 수 있어요.")
    words = [word for word in re.split(r"[\s,()]+", text) if word and not _NUMBER.fullmatch(word)]
    if not words:
        raise _too_little()
    return words[:_MAX_WORDS]


def _too_little() -> InvalidQuery:
    return invalid("q", "words", "동네나 길 이름을 적어 주세요. 예: 서울 중구 세종대로")


def _pattern(word: str) -> str:
    """A regular expression of PostgreSQL for one word, a province in either spelling."""
    full = _PROVINCES.get(word, word)
    short = [name for name, whole in _PROVINCES.items() if whole == full]
    return rf"(^|\s)({'|'.join(map(re.escape, [full, *short]))})(\s|$)" if short else re.escape(word)
