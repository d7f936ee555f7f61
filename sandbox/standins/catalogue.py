"""The records that the data.go.kr stand-in serves, read from a folder when first asked for."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from sandbox.standins import dumps
from sandbox.standins.dumps import Row


class Table:
    """Rows kept as UTF-8 JSON: a third of the memory of dictionaries, and ready to be sent.

    Sorted by product number, rows without one last. `indexed` columns are kept as lists besides, for filtering.
    """

    def __init__(self, rows: Iterable[Row], key: str, indexed: Sequence[str]) -> None:
        names = (key, *indexed)
        # Row by row into text, so that the whole dump is never there as dictionaries.
        entries = [(tuple(_text(row.get(name)) for name in names), _json(row)) for row in rows]
        entries.sort(key=lambda entry: (not entry[0][0], entry[0][0].zfill(12)))
        self._columns = {name: [values[place] for values, _ in entries] for place, name in enumerate(names)}
        self._texts = [text for _, text in entries]

    def __len__(self) -> int:
        return len(self._texts)

    def text(self, index: int) -> str:
        """The row as JSON."""
        return self._texts[index].decode()

    def column(self, name: str) -> Sequence[str]:
        """All values of a column, "" for null. Slow for a column that is not indexed."""
        if name not in self._columns:
            return [_text(json.loads(text).get(name)) for text in self._texts]
        return self._columns[name]

    def matching(self, tests: Mapping[str, Callable[[str], bool]]) -> Sequence[int]:
        """Indexes of the rows whose columns pass all the tests."""
        found: Sequence[int] = range(len(self))
        for name, passes in tests.items():
            values = self.column(name)
            found = [index for index in found if passes(values[index])]
        return found


class Catalogue:
    """The tables of one data folder. FileNotFoundError at once when the folder has no records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        dumps.require_records(folder)

    def load(self, name: str) -> Table:
        """One of the tables by its name; many threads may ask at once, one reads."""
        with self._lock:
            table: Table = getattr(self, name)
            return table

    @cached_property
    def easydrug(self) -> Table:
        return Table(dumps.easydrug_rows(self.folder), "itemSeq", ("itemName", "entpName"))

    @cached_property
    def permit(self) -> Table:
        return Table(dumps.permit_rows(self.folder), "ITEM_SEQ", ("ITEM_NAME", "ENTP_NAME"))

    @cached_property
    def ingredients(self) -> Table:
        return Table(dumps.ingredient_rows(self.folder), "ITEM_SEQ", ("PRDUCT", "ENTRPS"))

    @cached_property
    def permit_detail(self) -> Table:
        return Table(dumps.detail_rows(self.folder), "ITEM_SEQ", ("ITEM_NAME", "ENTP_NAME"))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _json(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
