"""data.go.kr's medicine services: plain functions from arguments to records. Calls outside; knows no database.

Wire contract: contracts/datagokr.md 1 and 2. All raise what core.datagokr.fetch raises. Deadlines are in seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.datagokr import VENDOR, Operation, Page, Purpose, fetch
from core.errors import VendorBadReply
from medicines.records import Batch, Ingredient, Record, Refusal
from medicines.wire import EasyItem, IngredientItem, PermitDetail, PermitItem, RowModel, parse_row, parse_rows

Said = TypeVar("Said", bound=Record | Ingredient)

EASY = Operation("/1471000/DrbEasyDrugInfoService/getDrbEasyDrugList", {"type": "json"})
_PERMIT = "/1471000/DrugPrdtPrmsnInfoService07/"
PERMIT = Operation(_PERMIT + "getDrugPrdtPrmsnInq07", {"type": "json"})
DETAIL = Operation(_PERMIT + "getDrugPrdtPrmsnDtlInq06", {"type": "json"})
INGREDIENTS = Operation(_PERMIT + "getDrugPrdtMcpnDtlInq07", {"type": "json"})

PAGE_ROWS = 100
PAGE_SECONDS = 15.0
DETAIL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class SourcePage(Generic[Said]):
    """One page of a source; `total` counts the rows of all pages."""

    total: int
    batch: Batch[Said]


# https://www.data.go.kr/data/15075057/openapi.do
def easy_page(page: int, rows: int = PAGE_ROWS) -> SourcePage[Record]:
    """e약은요, one page of the whole list."""
    return _list_page(EASY, page, rows, EasyItem)


# https://www.data.go.kr/data/15075057/openapi.do
def easy_by_name(name: str, deadline: float) -> Batch[Record]:
    """e약은요, up to a hundred products with `name` somewhere in theirs."""
    return _by_name(EASY, "itemName", name, deadline, EasyItem)


# https://www.data.go.kr/data/15075057/openapi.do
def easy_by_seq(item_seq: str, deadline: float) -> Record | Refusal | None:
    """e약은요's row of one product; None when there is none. An unmatched itemSeq can bring another product's row."""
    return _one(EASY, {"itemSeq": item_seq}, "itemSeq", item_seq, deadline, "interactive", EasyItem)


# https://www.data.go.kr/data/15095677/openapi.do
def permit_page(page: int, rows: int = PAGE_ROWS) -> SourcePage[Record]:
    """The permit list, one page of the whole."""
    return _list_page(PERMIT, page, rows, PermitItem)


# https://www.data.go.kr/data/15095677/openapi.do
def permit_by_name(name: str, deadline: float) -> Batch[Record]:
    """The permit list, up to a hundred products with `name` somewhere in theirs. (This list ignores item_seq.)"""
    return _by_name(PERMIT, "item_name", name, deadline, PermitItem)


# https://www.data.go.kr/data/15095677/openapi.do
def permit_detail(
    item_seq: str, deadline: float = DETAIL_SECONDS, purpose: Purpose = "background"
) -> Record | Refusal | None:
    """One product's permit with its label (usually 3 to 7 seconds); a Refusal when its documents are unreadable."""
    return _one(DETAIL, {"item_seq": item_seq}, "ITEM_SEQ", item_seq, deadline, purpose, PermitDetail)


# https://www.data.go.kr/data/15095677/openapi.do
def ingredients_page(page: int, rows: int = PAGE_ROWS) -> SourcePage[Ingredient]:
    """Main ingredients, a row each, one page of the whole."""
    return _list_page(INGREDIENTS, page, rows, IngredientItem)


# https://www.data.go.kr/data/15095677/openapi.do
def ingredients_of(item_seq: str, name: str, deadline: float) -> list[Ingredient]:
    """Main ingredients of one product. The operation cannot be asked by item_seq, so it is asked by name."""
    rows = _by_name(INGREDIENTS, "Prduct", name, deadline, IngredientItem).rows
    return [row for row in rows if row.item_seq == item_seq]


def _list_page(operation: Operation, page: int, rows: int, model: type[RowModel[Said]]) -> SourcePage[Said]:
    reply = fetch(operation, {"pageNo": page, "numOfRows": rows}, deadline=PAGE_SECONDS)
    return SourcePage(reply.total, parse_rows(reply.rows, model, f"page {page}"))


_NAME_FIELDS = {EASY.name: "itemName", PERMIT.name: "ITEM_NAME", INGREDIENTS.name: "PRDUCT"}


def _by_name(
    operation: Operation, parameter: str, name: str, deadline: float, model: type[RowModel[Said]]
) -> Batch[Said]:
    """A name with `%` breaks the service, so it is cut there and the answer filtered.

    The filter also holds when the service ignores the parameter and sends its whole list. Raises VendorBadReply too,
    when there are rows and none of them was asked for.
    """
    asked = name.split("%")[0].strip()
    if not asked:
        return Batch()
    params: dict[str, str | int] = {parameter: asked, "pageNo": 1, "numOfRows": PAGE_ROWS}
    reply = fetch(operation, params, deadline=deadline, purpose="interactive")
    field = _NAME_FIELDS[operation.name]
    named = [row for row in reply.rows if _flat(asked) in _flat(_value(row, field))]
    if reply.rows and not named:
        raise VendorBadReply(VENDOR, "rows that were not asked for")
    return parse_rows([row for row in named if _flat(name) in _flat(_value(row, field))], model, "row")


def _one(
    operation: Operation,
    params: Mapping[str, str],
    field: str,
    item_seq: str,
    deadline: float,
    purpose: Purpose,
    model: type[RowModel[Record]],
) -> Record | Refusal | None:
    asked: dict[str, str | int] = {**params, "pageNo": 1, "numOfRows": 1}
    reply: Page = fetch(operation, asked, deadline=deadline, purpose=purpose)
    row = next((row for row in reply.rows if _value(row, field) == item_seq), None)
    return None if row is None else parse_row(row, model)


def _value(row: object, field: str) -> str:
    return str(row.get(field) or "") if isinstance(row, dict) else ""


def _flat(text: str) -> str:
    return "".join(text.split()).casefold()
