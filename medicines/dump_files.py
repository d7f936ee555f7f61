"""Files of source rows, read line by line: .jsonl, .json and .csv, gzipped or not. Pure; used by load_catalogue.

A bad line never ends the file: it comes out as a Refusal and the next line goes on.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from medicines.records import Ingredient, Record, Refusal
from medicines.wire import (
    EasyItem,
    IngredientItem,
    IngredientListRow,
    PermitDetail,
    PermitItem,
    PermitNamesRow,
    RowModel,
)

# A quote that never closes would swallow the rest of a CSV: a row of more lines than this is taken for broken.
_MAX_ROW_LINES = 40
_LOOKED_AT = 1_000
csv.field_size_limit(16_000_000)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file holds, told by the keys of its rows. `order`: products before what is said of them."""

    name: str
    keys: frozenset[str]
    model: type[RowModel[Record | Ingredient]]
    order: int


KINDS = (
    Kind("permit detail", frozenset({"ITEM_SEQ", "EE_DOC_DATA"}), PermitDetail, 3),
    Kind("ingredients", frozenset({"ITEM_SEQ", "MTRAL_NM"}), IngredientItem, 5),
    Kind("permit list", frozenset({"ITEM_SEQ", "ITEM_NAME"}), PermitItem, 1),
    Kind("easydrug", frozenset({"itemSeq", "efcyQesitm"}), EasyItem, 2),
    Kind("permit names", frozenset({"item_seq", "item_name", "entp_name", "main_ingr"}), PermitNamesRow, 1),
    Kind("ingredient names", frozenset({"itemSeq", "main_ingr"}), IngredientListRow, 4),
)
KNOWN_FILES = (
    "permit.jsonl",
    "permit_names.csv",
    "easydrug.jsonl",
    "permit_detail.jsonl",
    "easydrug_ingr.csv",
    "ingredients.jsonl",
)

Line = tuple[int, object]
"""Where the row begins (1 is the first line; in a .json, the row's place) and the row, or the Refusal of it."""


class UnknownFileError(ValueError):
    """A file that cannot be read, or whose rows are of no known kind."""


def known_files(path: Path) -> list[Path]:
    """The file itself; of a folder, the catalogue files in it (other data may lie beside them)."""
    if not path.is_dir():
        return [path]
    wished = (path / f"{name}{ending}" for name in KNOWN_FILES for ending in ("", ".gz"))
    return [file for file in wished if file.is_file()]


def detect(path: Path) -> Kind:
    """The kind of rows; UnknownFileError when the first thousand lines show none."""
    try:
        with path.open("rb") as raw:
            looked_at = zip(range(_LOOKED_AT), rows(path, raw), strict=False)
            found = (kind for _, (_, row) in looked_at if (kind := _kind(row)))
            if (kind := next(found, None)) is not None:
                return kind
    except OSError as error:
        raise UnknownFileError(f"{path}: {error.strerror or error}") from error
    raise UnknownFileError(f"{path}: no rows of a known kind ({', '.join(kind.name for kind in KINDS)})")


def rows(path: Path, raw: BinaryIO) -> Iterator[Line]:
    """The rows of an open file in order, each dict or Refusal; the ending tells the format, the first bytes gzip."""
    name = path.name.lower().removesuffix(".gz")
    lines = _unzipped(raw)
    if name.endswith(".csv"):
        return _csv_rows(lines)
    return _whole_json(lines) if name.endswith(".json") else _json_lines(lines)


def _kind(row: object) -> Kind | None:
    return next((kind for kind in KINDS if isinstance(row, dict) and kind.keys <= row.keys()), None)


def _unzipped(raw: BinaryIO) -> Iterator[bytes | Refusal]:
    """Lines; the place where a gzip file turns out to be cut off or damaged comes out as a Refusal."""
    zipped = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    lines = cast(Iterable[bytes], gzip.GzipFile(fileobj=raw) if zipped else raw)
    try:
        yield from lines
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Refusal("", f"the file is damaged from here: {error}"[:200])


def _decoded(line: bytes, number: int) -> str | Refusal:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return Refusal("", f"not UTF-8 (byte {error.start + 1} of the line)")


def _json_lines(lines: Iterable[bytes | Refusal]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        text = line if isinstance(line, Refusal) else _decoded(line, number)
        if isinstance(text, Refusal):
            yield number, text
        elif text.strip():
            yield number, _json(text)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        return Refusal("", f"no JSON: {error}"[:200])


def _whole_json(lines: Iterable[bytes | Refusal]) -> Iterator[Line]:
    """A list of rows, or an answer of the service with its envelope."""
    parts = [line if isinstance(line, bytes) else b"" for line in lines]
    text = _decoded(b"".join(parts), 1)
    whole = _json(text) if isinstance(text, str) else text
    body = whole.get("body", whole) if isinstance(whole, dict) else whole
    items = body.get("items", body) if isinstance(body, dict) else body
    yield from enumerate(items if isinstance(items, list) else [items], start=1)


def _csv_rows(lines: Iterable[bytes | Refusal]) -> Iterator[Line]:
    header: list[str] | None = None
    for number, text in _csv_texts(lines):
        cells = text if isinstance(text, Refusal) else _cells(text)
        if isinstance(cells, Refusal):
            yield number, cells
        elif header is None:
            header = [cell.strip() for cell in cells]
        elif len(cells) != len(header):
            yield number, Refusal("", f"{len(cells)} columns instead of {len(header)}")
        else:
            yield number, dict(zip(header, cells, strict=True))


def _cells(text: str) -> list[str] | Refusal:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (csv.Error, StopIteration) as error:
        return Refusal("", f"no CSV: {error}"[:200])


def _csv_texts(lines: Iterable[bytes | Refusal]) -> Iterator[tuple[int, str | Refusal]]:
    """The text of each row, several lines long where a quoted cell has newlines, with the number of its first line."""
    held: list[tuple[int, str | Refusal]] = []
    for number, line in enumerate(lines, start=1):
        held.append((number, line if isinstance(line, Refusal) else _decoded(line, number)))
        while held and (taken := _take_row(held, at_end=False)):
            yield taken
    while held and (taken := _take_row(held, at_end=True)):
        yield taken


def _take_row(held: list[tuple[int, str | Refusal]], *, at_end: bool) -> tuple[int, str | Refusal] | None:
    """Take the first row off the held lines; None when it needs more of them."""
    number, text = held[0]
    if isinstance(text, Refusal) or not text.strip():
        held.pop(0)
        return (number, text) if isinstance(text, Refusal) else _next(held, at_end=at_end)
    quotes, row = 0, list[str]()
    for place, (_, line) in enumerate(held, start=1):
        if isinstance(line, Refusal):
            break
        quotes += line.count('"')
        row.append(line)
        if quotes % 2 == 0:
            del held[:place]
            return number, "".join(row)
    else:
        if not at_end and len(held) < _MAX_ROW_LINES:
            return None
    held.pop(0)
    return number, Refusal("", "a quote that never closes")


def _next(held: list[tuple[int, str | Refusal]], *, at_end: bool) -> tuple[int, str | Refusal] | None:
    return _take_row(held, at_end=at_end) if held else None
