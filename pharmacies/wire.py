"""The sources' rows as strict models, and what each means as a record. Pure.

Contracts: contracts/nemc_pharmacy.md, contracts/kakao_local.md. Keys that a source adds are ignored.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pharmacies.hours import read_week
from pharmacies.records import Batch, Holiday, Record, Refusal

# Marado to Goseong, Baengnyeongdo to Dokdo.
LAT_RANGE, LNG_RANGE = (33.0, 38.7), (124.5, 132.0)


def in_korea(lat: float, lng: float) -> bool:
    return LAT_RANGE[0] <= lat <= LAT_RANGE[1] and LNG_RANGE[0] <= lng <= LNG_RANGE[1]


def _text(value: object) -> str:
    """Text as it is kept: one line, no NUL. A number is what JSON makes of some texts."""
    if value is None or isinstance(value, bool | dict | list):
        raise ValueError("text expected")
    return " ".join(str(value).replace("\0", "").split())


def _maybe_text(value: object) -> str:
    return "" if value in (None, "null") else _text(value)


def _degrees(value: object) -> float:
    if isinstance(value, bool) or value in (None, ""):
        raise ValueError("no coordinate")
    number = float(str(value))
    if not math.isfinite(number):
        raise ValueError("no number")
    return number


Text = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=300)]
MaybeText = Annotated[str, BeforeValidator(_maybe_text), Field(max_length=300)]
SourceId = Annotated[str, BeforeValidator(_text), Field(min_length=1, max_length=120)]
Degrees = Annotated[float, BeforeValidator(_degrees)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class NemcItem(_Row):
    """One row of getParmacyFullDown: the hours are among the further keys (dutyTime1s … dutyTime8c)."""

    hpid: SourceId
    dutyName: Text
    dutyAddr: MaybeText = ""
    dutyTel1: MaybeText = ""
    wgs84Lat: Degrees
    wgs84Lon: Degrees

    def made(self) -> Record:
        _check_place(self.wgs84Lat, self.wgs84Lon)
        week, problems = read_week(self.model_extra or {})
        return Record(
            "nemc", self.hpid, self.dutyName, self.dutyAddr, self.dutyTel1, self.wgs84Lat, self.wgs84Lon, week,
            tuple(problems),
        )  # fmt: skip


class ListRow(_Row):
    """One row of a collected list (a CSV with lower-case columns); without an hpid it is the insurer's row."""

    id: SourceId
    hpid: MaybeText = ""
    name: Text
    address: MaybeText = ""
    tel: MaybeText = ""
    lat: Degrees
    lon: Degrees

    def made(self) -> Record:
        _check_place(self.lat, self.lon)
        week, problems = read_week(self.model_extra or {})
        source, source_id = ("nemc", self.hpid) if self.hpid else ("hira", self.id)
        return Record(source, source_id, self.name, self.address, self.tel, self.lat, self.lon, week, tuple(problems))  # type: ignore[arg-type]


class KakaoPlace(_Row):
    """One document of Kakao's category search; all its values are texts."""

    id: SourceId
    place_name: Text
    category_group_code: MaybeText = ""
    address_name: MaybeText = ""
    road_address_name: MaybeText = ""
    phone: MaybeText = ""
    x: Degrees
    y: Degrees

    def made(self) -> Record:
        if self.category_group_code not in ("", "PM9"):
            raise ValueError("not a pharmacy")
        _check_place(self.y, self.x)
        address = self.road_address_name or self.address_name
        return Record("kakao", self.id, self.place_name, address, self.phone, self.y, self.x)


class HolidayItem(_Row):
    """One day of getRestDeInfo."""

    dateName: Text
    isHoliday: Text
    locdate: Text

    def made(self) -> Holiday:
        day = datetime.strptime(self.locdate, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        return Holiday(day, self.dateName[:60], self.isHoliday == "Y")


RowModel = type[NemcItem] | type[ListRow] | type[KakaoPlace]


def _check_place(lat: float, lng: float) -> None:
    if not in_korea(lat, lng):
        raise ValueError("coordinates are swapped" if in_korea(lng, lat) else "coordinates are not in Korea")


def parse_row(row: object, model: RowModel) -> Record | Refusal:
    """What the row says, or why it says nothing (`where` names the pharmacy if it can)."""
    if isinstance(row, Refusal):
        return row
    try:
        return model.model_validate(row).made()
    except (ValidationError, ValueError) as error:
        return Refusal(_named(row), reason(error))


def parse_rows(rows: Iterable[tuple[str, object]], model: RowModel, seen: set[tuple[str, str]]) -> Batch:
    """All of (where, row); `seen` holds the keys of the whole run, so that a pharmacy that comes twice is told."""
    batch = Batch()
    for where, row in rows:
        batch.read += 1
        made = parse_row(row, model)
        if isinstance(made, Refusal):
            batch.placeless += _is_placeless(row)
            batch.refusals.append(Refusal(" ".join(filter(None, (where, made.where))), made.reason))
        elif made.key in seen:
            batch.refusals.append(Refusal(where, f"{made.source_id} came before"))
        else:
            seen.add(made.key)
            batch.rows.append(made)
            batch.refusals += [Refusal(f"{where} {made.source_id}", problem) for problem in made.problems]
    return batch


def _is_placeless(row: object) -> bool:
    """Whether the row has nothing at all where its coordinates should stand."""
    places = ("wgs84Lat", "wgs84Lon", "lat", "lon", "x", "y")
    return isinstance(row, dict) and all(row.get(name) in (None, "") for name in places)


def reason(error: Exception) -> str:
    """Why a row was refused, in one short line."""
    if isinstance(error, ValidationError):
        first: Any = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200].removeprefix(": ")
    return str(error)[:200]


def _named(row: object) -> str:
    found = next((row[key] for key in ("hpid", "id") if row.get(key)), "") if isinstance(row, dict) else ""
    return str(found)[:40]
