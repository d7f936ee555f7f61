"""Pharmacies as the stand-ins serve them: our own wire-shape files, or the full dump's list turned into both wires."""

import hashlib
import json
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from sandbox.standins.dumps import Row, csv_rows, json_lines

_METRE = 1 / 111_000
# Of the dump's list, the shares that Kakao lacks, and that it has and the list does not.
_LACKING, _NEWER = 0.04, 0.02


class Places:
    """Kakao's documents, sorted by latitude for the rectangle search."""

    def __init__(self, rows: Iterator[Row]) -> None:
        placed = sorted((float(str(row["y"])), float(str(row["x"])), _json(row)) for row in rows)
        self._lats = [lat for lat, _, _ in placed]
        self._lngs = [lng for _, lng, _ in placed]
        self._texts = [text for _, _, text in placed]

    def inside(self, west: float, south: float, east: float, north: float) -> list[Row]:
        rows = range(bisect_left(self._lats, south), bisect_right(self._lats, north))
        return [json.loads(self._texts[row]) for row in rows if west <= self._lngs[row] <= east]


class Pharmacies:
    """The tables of one data folder, read when first asked for; many threads may ask at once, one reads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()

    def national(self) -> list[bytes]:
        """Rows of the national list, as JSON."""
        with self._lock:
            return self._national

    def kakao(self) -> Places:
        with self._lock:
            return self._kakao

    @cached_property
    def _national(self) -> list[bytes]:
        return [_json(row) for row in national_rows(self._folder)]

    @cached_property
    def _kakao(self) -> Places:
        return Places(kakao_rows(self._folder))


def national_rows(folder: Path) -> Iterator[Row]:
    written = False
    for row in json_lines(folder, "pharmacies.jsonl"):
        written = True
        yield row
    if not written:
        listed = (row for row in csv_rows(folder, "pharmacies.csv") if row["hpid"] and row["lat"])
        yield from (_national_row(number, row) for number, row in enumerate(listed, start=1))


def kakao_rows(folder: Path) -> Iterator[Row]:
    written = False
    for row in json_lines(folder, "kakao_places.jsonl"):
        written = True
        yield row
    if not written:
        for listed in csv_rows(folder, "pharmacies.csv"):
            if listed["lat"]:
                yield from _kakao_rows(listed)


def _national_row(number: int, row: Mapping[str, str]) -> Row:
    said: Row = {"dutyAddr": row["address"], "dutyName": row["name"], "dutyTel1": row["tel"]}
    times = {key: row[key] for key in row if key.startswith("dutyTime") and row[key]}
    # In JSON a time without a leading zero is a number.
    said |= {key: text if text.startswith("0") else int(text) for key, text in times.items()}
    return said | {
        "hpid": row["hpid"], "rnum": number, "wgs84Lat": float(row["lat"]), "wgs84Lon": float(row["lon"]),
    }  # fmt: skip


def _kakao_rows(row: Mapping[str, str]) -> Iterator[Row]:
    """Most rows again, some metres off; now and then a pharmacy that the list does not have yet."""
    digest = hashlib.blake2b(row["id"].encode(), digest_size=8).digest()
    chance, north, east = digest[0] / 256, digest[1] - 128, digest[2] - 128
    number = 1_000_000_000 + int.from_bytes(digest[3:7]) // 2
    lat, lng = float(row["lat"]), float(row["lon"])
    if chance >= _LACKING:
        yield _document(number, row["name"], row, lat + north * _METRE / 6, lng + east * _METRE / 5)
    if chance > 1 - _NEWER:
        yield _document(number + 1, f"새로연{row['name']}", row, lat + north * _METRE, lng + east * _METRE)


def _document(number: int, name: str, row: Mapping[str, str], lat: float, lng: float) -> Row:
    return {
        "place_name": name, "distance": "", "place_url": f"http://place.map.kakao.com/{number}",
        "category_name": "의료,건강 > 약국", "address_name": row["address"], "road_address_name": row["address"],
        "id": str(number), "phone": row["tel"], "category_group_code": "PM9", "category_group_name": "약국",
        "x": repr(lng), "y": repr(lat),
    }  # fmt: skip


def _json(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
