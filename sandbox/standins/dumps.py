"""Reading a data folder into the vendor's wire rows: our own wire-shape files, or the full dump's tables."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from sandbox.standins import wire

Row = dict[str, object]
NO_CODE = "M000000"


def require_records(folder: Path) -> None:
    """FileNotFoundError when the folder serves nothing: an empty catalogue would look like an answer."""
    names = ("easydrug.jsonl", "permit.jsonl", "permit_names.csv")
    if not any(_existing(folder, name) for name in names):
        raise FileNotFoundError(f"no records for the stand-ins in {folder} (looked for {', '.join(names)}, also .gz)")


def easydrug_rows(folder: Path) -> Iterator[Row]:
    for row in json_lines(folder, "easydrug.jsonl"):
        yield {key: row.get(key) for key in wire.EASYDRUG_KEYS}


def permit_rows(folder: Path) -> Iterator[Row]:
    if _existing(folder, "permit.jsonl"):
        for row in json_lines(folder, "permit.jsonl"):
            yield {key: row.get(key) for key in wire.PERMIT_KEYS}
    else:
        yield from (_permit_row(row) for row in csv_rows(folder, "permit_names.csv"))


def ingredient_rows(folder: Path) -> Iterator[Row]:
    if _existing(folder, "ingredients.jsonl"):
        for known in json_lines(folder, "ingredients.jsonl"):
            yield {key: known.get(key) for key in wire.INGREDIENT_KEYS}
        return
    named = {row["itemSeq"]: row["main_ingr"] for row in csv_rows(folder, "easydrug_ingr.csv")}
    for row in csv_rows(folder, "permit_names.csv"):
        names = _ingredient_names(row) or (named.get(row["item_seq"]) or "").split(",")
        yield from _ingredients_of(row, [name.strip() for name in names if name.strip()])


def detail_rows(folder: Path) -> Iterator[Row]:
    """Every permitted product; those without a written detail have empty documents."""
    written = {str(row.get("ITEM_SEQ")): row for row in json_lines(folder, "permit_detail.jsonl")}
    dumped = {row["item_seq"]: row for row in csv_rows(folder, "permit_names.csv")}
    for permit in permit_rows(folder):
        known = written.pop(str(permit["ITEM_SEQ"]), {})
        row = {**_detail_row(permit), **_dumped_detail(dumped.get(str(permit["ITEM_SEQ"]))), **known}
        yield {key: row.get(key) for key in wire.DETAIL_KEYS}
    yield from ({key: row.get(key) for key in wire.DETAIL_KEYS} for row in written.values())


def _permit_row(row: Mapping[str, str]) -> Row:
    count = len(_ingredient_names(row))
    values: Row = {
        "ITEM_SEQ": row["item_seq"] or None,
        "ITEM_NAME": row["item_name"],
        "ITEM_ENG_NAME": row["item_eng_name"] or None,
        "ENTP_NAME": row["entp_name"],
        "ITEM_PERMIT_DATE": row["permit_date"].replace("-", "") or None,
        "PRDLST_STDR_CODE": row["item_seq"] or None,
        "SPCLTY_PBLC": row["etc_otc"] or None,
        "PRDUCT_TYPE": f"[00000]{row['class_name']}" if row["class_name"] else None,
        "ITEM_INGR_CNT": str(count) if count else None,
        "BIG_PRDT_IMG_URL": "",
        "PERMIT_KIND_CODE": row["permit_kind"] or None,
        "CANCEL_NAME": row["cancel_name"] or None,
    }
    return {key: values.get(key) for key in wire.PERMIT_KEYS}


def _detail_row(permit: Row) -> Row:
    shared = {key: permit[key] for key in wire.PERMIT_KEYS if key in wire.DETAIL_KEYS}
    return {
        **shared,
        "ETC_OTC_CODE": permit["SPCLTY_PBLC"],
        "PERMIT_KIND_NAME": permit["PERMIT_KIND_CODE"],
        "INDUTY_TYPE": permit["INDUTY"],
        "MAKE_MATERIAL_FLAG": "완제의약품",
        "NEWDRUG_CLASS_NAME": "",
        "EE_DOC_DATA": "",
        "UD_DOC_DATA": "",
        "NB_DOC_DATA": "",
        "RARE_DRUG_YN": "N",
    }


def _dumped_detail(row: Mapping[str, str] | None) -> Row:
    if row is None:
        return {}
    main = "|".join(f"[{NO_CODE}]{name}" for name in _ingredient_names(row))
    return {
        "BAR_CODE": row["std_codes"] or None,
        "ATC_CODE": row["atc_code"] or None,
        "MAIN_ITEM_INGR": main or None,
        "CHART": row["form"] or None,
    }


def _ingredients_of(row: Mapping[str, str], names: list[str]) -> Iterator[Row]:
    for number, name in enumerate(names, start=1):
        values: Row = {
            "ENTRPS": row["entp_name"],
            "PRDUCT": row["item_name"],
            "TAMT_SEQ": "1",
            "MTRAL_SN": str(number),
            "MTRAL_CODE": NO_CODE,
            "MTRAL_NM": name,
            "ITEM_SEQ": row["item_seq"] or None,
        }
        yield {key: values.get(key) for key in wire.INGREDIENT_KEYS}


def _ingredient_names(row: Mapping[str, str]) -> list[str]:
    """The dump joins names with "/"; a slash inside brackets belongs to one name."""
    return [name.strip() for name in re.split(r"/(?![^(]*\))", row["main_ingr"]) if name.strip()]


def _existing(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _lines(path: Path) -> Iterator[str]:
    opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as text:
        yield from text


def json_lines(folder: Path, name: str) -> Iterator[Row]:
    path = _existing(folder, name)
    for line in _lines(path) if path else ():
        if line.strip():
            yield json.loads(line)


def csv_rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    path = _existing(folder, name)
    yield from csv.DictReader(_lines(path)) if path else ()
