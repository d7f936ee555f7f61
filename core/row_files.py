"""Files of rows: .jsonl and .csv line by line, .json and .xml as a whole, gzipped or not. Pure; for load commands.

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
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

# A quote that never closes would swallow the rest of a CSV: a row of more lines than this is taken for broken.
_MAX_ROW_LINES = 40
csv.field_size_limit(16_000_000)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken: where it stood (a line, a place on a page, a row's id) and why, in English."""

    where: str
    reason: str


Line = tuple[int, object]
"""Where the row begins (1 is the first line; in a .json, the row's place) and the row, or the Refusal of it."""


def rows(path: Path, raw: BinaryIO) -> Iterator[Line]:
    """The rows of an open file in order, each dict or Refusal; the ending tells the format, the first bytes gzip."""
    name = path.name.lower().removesuffix(".gz")
    lines = _unzipped(raw)
    if name.endswith(".csv"):
        return _csv_rows(lines)
    if name.endswith(".xml"):
        return _whole_xml(lines)
    return _whole_json(lines) if name.endswith(".json") else _json_lines(lines)


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
    body = whole
    for name in ("response", "body", "items", "item"):
        body = body.get(name, body) if isinstance(body, dict) else body
    # No rows come as "" or not at all.
    items = body if isinstance(body, list) else [] if body in ("", None) else [body]
    yield from enumerate(items, start=1)


def _whole_xml(lines: Iterable[bytes | Refusal]) -> Iterator[Line]:
    """The `item` elements of an answer of the service, each as its fields' texts."""
    try:
        root = fromstring(b"".join(line for line in lines if isinstance(line, bytes)), forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        yield 1, Refusal("", f"no XML: {error}"[:200])
        return
    for number, item in enumerate(root.iter("item"), start=1):
        yield number, {field.tag: field.text or "" for field in item}


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
