"""Files of source rows, read line by line: .jsonl, .json and .csv, gzipped or not. Pure; used by load_catalogue.

A bad line never ends the file: it comes out as a Refusal and the next line goes on.
"""

import csv
import gzip
import json
import zlib
from collections import deque
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
    """A file that cannot be read, or none of whose rows is of a known kind; `refused`: how many of them are broken."""

    def __init__(self, text: str, refused: int = 0) -> None:
        super().__init__(text)
        self.refused = refused


def known_files(path: Path) -> list[Path]:
    """The file itself; of a folder, the catalogue files in it (other data may lie beside them)."""
    if not path.is_dir():
        return [path]
    wished = (path / f"{name}{ending}" for name in KNOWN_FILES for ending in ("", ".gz"))
    return [file for file in wished if file.is_file()]


def detect(path: Path) -> Kind:
    """The kind of rows, told by the first row that shows one. Raises UnknownFileError."""
    broken, first = 0, ""
    try:
        with path.open("rb") as raw:
            for number, row in rows(path, raw):
                if (kind := _kind(row)) is not None:
                    return kind
                if isinstance(row, Refusal):
                    broken, first = broken + 1, first or f"line {number}: {row.reason}"
    except OSError as error:
        raise UnknownFileError(f"{path}: {error.strerror or error}") from error
    known = ", ".join(kind.name for kind in KINDS)
    why = f"; {broken} broken, the first is {first}" if broken else ""
    raise UnknownFileError(f"{path}: no rows of a known kind ({known}){why}", refused=broken)


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


class _Ahead:
    """Lines with their numbers, decoded, and as many of the next ones as somebody looks at."""

    def __init__(self, lines: Iterable[bytes | Refusal]) -> None:
        self._lines = enumerate(lines, start=1)
        self._held = deque[tuple[int, str | Refusal]]()

    def line(self, place: int) -> tuple[int, str | Refusal] | None:
        while len(self._held) <= place:
            number, line = next(self._lines, (0, b""))
            if not number:
                return None
            self._held.append((number, line if isinstance(line, Refusal) else _decoded(line, number)))
        return self._held[place]

    def texts(self) -> Iterator[str]:
        """The lines that one row may take: up to a broken one, and not without end."""
        for place in range(_MAX_ROW_LINES):
            line = self.line(place)
            if line is None or isinstance(line[1], Refusal):
                return
            yield line[1]

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._held.popleft()


def _csv_rows(lines: Iterable[bytes | Refusal]) -> Iterator[Line]:
    ahead, header = _Ahead(lines), list[str]()
    while (first := ahead.line(0)) is not None:
        number, text = first
        blank = isinstance(text, str) and not text.strip()
        cells, taken = ([], 1) if blank else (text, 1) if isinstance(text, Refusal) else _cells(ahead, len(header))
        ahead.drop(taken)
        if isinstance(cells, Refusal):
            yield number, cells
        elif header and cells:
            yield number, dict(zip(header, cells, strict=True))
        else:
            header = header or [cell.strip() for cell in cells]


def _cells(ahead: _Ahead, width: int) -> tuple[list[str] | Refusal, int]:
    """The cells of the next row and how many lines it takes. A broken one takes a single line: the next may be good."""
    reader = csv.reader(ahead.texts(), strict=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        return Refusal("", "a quote that never closes" if reader.line_num > 1 else f"no CSV: {error}"[:200]), 1
    if width and len(cells) != width:
        return Refusal("", f"{len(cells)} columns instead of {width}"), 1
    return cells, reader.line_num
