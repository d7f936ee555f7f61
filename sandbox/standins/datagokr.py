"""The stand-in of data.go.kr: the ministry's (MFDS 1471000) e약은요, permit list, permit detail, ingredients; and other
agencies' services (public_services.py). Contract: datagokr.md.

Not known of the real service and chosen here: a page past the end has no `items` but keeps its total; `%` in
itemName answers 500 in plain text; a request without a key answers code 20; numOfRows over 500 answers code 10.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import ClassVar

from sandbox.standins.catalogue import Catalogue
from sandbox.standins.faults import Fault
from sandbox.standins.public_services import PublicServices
from sandbox.standins.vendor import HTML, PLAIN, FaultReply, Reply, Request, Vendor
from sandbox.standins.wire import Page, gateway_error, page_reply, service_error

ACCEPTED_KEYS = ("sandbox-key", "c2FuZGJveC1rZXk+Lw==")
"""The second one is of the old base64 kind: double-encoded on the way it is no key any more."""
SEOUL = timezone(timedelta(hours=9))
MAX_ROWS = 500
RETIRED = re.compile(r"/1471000/(DrugPrdtPrmsnInfoService|DrbEasyDrugInfoService)\d*/get\w+")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its path, its table, and for each parameter it knows the column and whether a part matches."""

    path: str
    table: str
    substring: Mapping[str, str]
    exact: Mapping[str, str]
    seconds_setting: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


PERMIT = "/1471000/DrugPrdtPrmsnInfoService07/"
EASYDRUG_TEXTS = (
    "entpName itemName efcyQesitm useMethodQesitm atpnWarnQesitm atpnQesitm intrcQesitm seQesitm depositMethodQesitm"
)
OPERATIONS = (
    Operation(
        "/1471000/DrbEasyDrugInfoService/getDrbEasyDrugList",
        "easydrug",
        substring={name: name for name in EASYDRUG_TEXTS.split()},
        exact={"itemSeq": "itemSeq", "openDe": "openDe", "updateDe": "updateDe", "bizrno": "bizrno"},
        seconds_setting="easydrug_seconds",
    ),
    Operation(
        PERMIT + "getDrugPrdtPrmsnInq07",
        "permit",
        substring={"item_name": "ITEM_NAME", "entp_name": "ENTP_NAME", "item_ingr_name": "ITEM_INGR_NAME"},
        exact={"edi_code": "EDI_CODE", "bizrno": "BIZRNO", "entp_seq": "ENTP_SEQ", "entp_no": "ENTP_NO"},
        seconds_setting="permit_list_seconds",
    ),
    Operation(
        PERMIT + "getDrugPrdtPrmsnDtlInq06",
        "permit_detail",
        substring={"item_name": "ITEM_NAME", "entp_name": "ENTP_NAME", "main_item_ingr": "MAIN_ITEM_INGR"},
        exact={"item_seq": "ITEM_SEQ", "edi_code": "EDI_CODE", "bizrno": "BIZRNO", "atc_code": "ATC_CODE"},
        seconds_setting="permit_detail_seconds",
    ),
    Operation(
        PERMIT + "getDrugPrdtMcpnDtlInq07",
        "ingredients",
        substring={"Prduct": "PRDUCT", "Entrps": "ENTRPS"},
        exact={"Entrps_prmisn_no": "ENTRPS_PRMISN_NO", "Bizrno": "BIZRNO"},
        seconds_setting="ingredients_seconds",
    ),
)
BY_PATH = {operation.path: operation for operation in OPERATIONS}
BY_NAME = {operation.name: operation for operation in OPERATIONS}


class Quota:
    """Calls a key has made of each operation today, in Korean time."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str]] = Counter()
        self._day = datetime.now(SEOUL).date()
        self._lock = threading.Lock()

    def spend(self, key: str, operation: str, limit: float) -> bool:
        """Whether the call is still within the day's limit."""
        with self._lock:
            if self._day != (today := datetime.now(SEOUL).date()):
                self._used.clear()
                self._day = today
            self._used[key, operation] += 1
            return self._used[key, operation] <= limit

    def clear(self) -> None:
        with self._lock:
            self._used.clear()


class DataGoKr(Vendor):
    """Settings: daily_quota (calls a day and operation) and the seconds that each operation takes."""

    name = "datagokr"
    fault_options: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "quota": {"code": 22, "http": 200},
        "key": {"code": 30, "http": 403},
        "gateway_xml": {"code": 1, "http": 200},
        "no_items_with_total": {"total": 7},
        "wrong_item": {},
    }

    def __init__(
        self, catalogue: Catalogue, public_services: PublicServices, permit_detail_seconds: float = 4.0
    ) -> None:
        super().__init__(
            daily_quota=10_000,
            easydrug_seconds=0.0,
            permit_list_seconds=0.0,
            permit_detail_seconds=permit_detail_seconds,
            ingredients_seconds=0.0,
        )
        self._catalogue = catalogue
        self._public_services = public_services
        self._quota = Quota()

    def operation(self, request: Request) -> str:
        known = BY_PATH.get(request.path)
        return known.name if known else self._public_services.operation(request.path) or "unknown"

    def seconds(self, operation: str) -> float:
        known = BY_NAME.get(operation)
        return self.settings[known.seconds_setting] if known else 0.0

    def reset(self) -> None:
        self._quota.clear()

    def answer(self, request: Request) -> Reply:
        refusal = self._refusal(self.operation(request), request)
        if refusal is not None:
            return refusal
        operation = BY_PATH.get(request.path)
        return self._list(operation, request) if operation else self._public_services.answer(request)

    def fault_replies(self) -> Mapping[str, FaultReply]:
        return {
            "quota": _gateway_fault,
            "key": _gateway_fault,
            "gateway_xml": _gateway_fault,
            "no_items_with_total": _no_items_with_total,
            "wrong_item": self._wrong_item,
        }

    def _refusal(self, operation: str, request: Request) -> Reply | None:
        if not request.headers.get("user-agent", "").strip():
            return Reply(400, b"Request Blocked", HTML)
        if operation == "unknown" or request.method != "GET":
            retired = RETIRED.fullmatch(request.path)
            return gateway_error(12) if retired else Reply(404, b"API not found", PLAIN)
        return self._key_refusal(operation, request)

    def _key_refusal(self, operation: str, request: Request) -> Reply | None:
        key = request.params.get("serviceKey") or request.params.get("ServiceKey")
        if not key:
            return gateway_error(20)
        if key not in ACCEPTED_KEYS:
            return gateway_error(30, 403)
        within = self._quota.spend(key, operation, self.settings["daily_quota"])
        return None if within else gateway_error(22)

    def _list(self, operation: Operation, request: Request) -> Reply:
        as_json = request.params.get("type") == "json"
        number, size = _count(request, "pageNo", 1), _count(request, "numOfRows", 10)
        if number is None or size is None:
            return gateway_error(10)
        if size > MAX_ROWS:
            return service_error("10", f"numOfRows 최대값은 =[{MAX_ROWS}]입니다", as_json=as_json)
        if "%" in request.params.get("itemName", "") and operation.table == "easydrug":
            return Reply(500, b"Unexpected errors", PLAIN)
        table = self._catalogue.load(operation.table)
        found = table.matching(_tests(operation, request))
        rows = [table.text(index) for index in found[(number - 1) * size : number * size]]
        return page_reply(Page(number, size, len(found), rows), as_json=as_json)

    def _wrong_item(self, _: Fault, request: Request) -> Reply:
        """The first product that was not asked for, as if it had been."""
        operation = BY_PATH.get(request.path, OPERATIONS[0])
        table = self._catalogue.load(operation.table)
        asked = set(table.matching(tests)) if (tests := _tests(operation, request)) else set()
        others = (index for index in range(len(table)) if index not in asked)
        rows = [table.text(index) for index in [next(others, None)] if index is not None]
        return page_reply(Page(1, 1, len(rows), rows), as_json=request.params.get("type") == "json")


def _tests(operation: Operation, request: Request) -> dict[str, Callable[[str], bool]]:
    """Tests by column for the parameters that this operation knows; all others are ignored without a word."""
    tests: dict[str, Callable[[str], bool]] = {}
    for name, wanted in request.params.items():
        if wanted and name in operation.substring:
            tests[operation.substring[name]] = _contains(wanted)
        elif wanted and name in operation.exact:
            tests[operation.exact[name]] = wanted.__eq__
    return tests


def _contains(wanted: str) -> Callable[[str], bool]:
    return lambda value: wanted in value


def _count(request: Request, name: str, default: int) -> int | None:
    """A positive whole number, the default when absent, None when it is neither."""
    text = request.params.get(name) or str(default)
    usable = text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0
    return int(text) if usable else None


def _gateway_fault(fault: Fault, _: Request) -> Reply:
    return gateway_error(fault.code(), fault.code("http"))


def _no_items_with_total(fault: Fault, request: Request) -> Reply:
    size = _count(request, "numOfRows", 10) or 10
    return page_reply(Page(1, size, fault.code("total"), []), as_json=request.params.get("type") == "json")
