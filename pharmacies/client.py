"""data.go.kr's services of pharmacies and public holidays: plain functions. Calls outside; knows no database.

Wire contracts: contracts/nemc_pharmacy.md, contracts/holidays.md. All raise what core.datagokr.fetch raises.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from core.datagokr import VENDOR, Operation, fetch
from core.errors import VendorBadReply
from pharmacies.records import Batch, Holiday
from pharmacies.wire import HolidayItem, NemcItem, parse_rows, reason

FULL_DOWN = Operation("/B552657/ErmctInsttInfoInqireService/getParmacyFullDown", {"_type": "json"})
HOLIDAYS = Operation("/B090041/openapi/service/SpcdeInfoService/getRestDeInfo", {}, speaks="xml")

PAGE_ROWS = 1_000
PAGE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page of the national list; `total` counts the rows of all pages."""

    total: int
    batch: Batch


# https://www.data.go.kr/data/15000576/openapi.do
def national_page(page: int, seen: set[tuple[str, str]]) -> SourcePage:
    """One page of all pharmacies. `seen`: the keys of this run, for rows that come twice."""
    reply = fetch(FULL_DOWN, {"pageNo": page, "numOfRows": PAGE_ROWS}, deadline=PAGE_SECONDS)
    rows = ((f"page {page} row {number}", row) for number, row in enumerate(reply.rows, start=1))
    return SourcePage(reply.total, parse_rows(rows, NemcItem, seen))


# https://www.data.go.kr/data/15012690/openapi.do
def holidays_of(year: int) -> list[Holiday]:
    """The days off of one year, as decreed so far. Raises VendorBadReply when a day of them cannot be read."""
    reply = fetch(HOLIDAYS, {"solYear": year, "pageNo": 1, "numOfRows": 100}, deadline=PAGE_SECONDS)
    try:
        days = [HolidayItem.model_validate(row).made() for row in reply.rows]
    except (ValidationError, ValueError) as error:
        raise VendorBadReply(VENDOR, reason(error)) from None
    if len(days) != reply.total or any(day.day.year != year for day in days):
        raise VendorBadReply(VENDOR, "not the days of the year that was asked for")
    return days
