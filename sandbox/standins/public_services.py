"""data.go.kr's services of other agencies: the national list of pharmacies, and the days off.

Contracts: nemc_pharmacy.md, holidays.md. Their envelopes differ from the ministry's: an outer `response`, one row as an
object, no rows as "". The key, the quota and the faults are those of the portal (`datagokr.py`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from sandbox.standins.pharmacies import Pharmacies
from sandbox.standins.vendor import JSON, PLAIN, Reply, Request
from sandbox.standins.wire import Page, gateway_error, page_reply

PHARMACIES = "/B552657/ErmctInsttInfoInqireService/"
HOLIDAYS = "/B090041/openapi/service/SpcdeInfoService/getRestDeInfo"
MAX_ROWS = 5_000


class PublicServices:
    """Answers by path; a path that is not here is none of these services."""

    def __init__(self, pharmacies: Pharmacies) -> None:
        self._pharmacies = pharmacies
        self._answers: dict[str, Callable[[Request], Reply]] = {
            f"{PHARMACIES}getParmacyFullDown": self._full_down,
            f"{PHARMACIES}getParmacyBassInfoInqire": self._one,
            HOLIDAYS: _days_off,
        }

    def operation(self, path: str) -> str | None:
        return path.rsplit("/", 1)[-1] if path in self._answers else None

    def answer(self, request: Request) -> Reply:
        return self._answers[request.path](request)

    def _full_down(self, request: Request) -> Reply:
        return _listed(self._pharmacies.national(), request)

    def _one(self, request: Request) -> Reply:
        wanted = json.dumps(request.params.get("HPID", ""), ensure_ascii=False)
        rows = [row for row in self._pharmacies.national() if f'"hpid":{wanted}'.encode() in row]
        return _listed(rows, request)


def _listed(rows: Sequence[bytes], request: Request) -> Reply:
    number, size = _count(request.params, "pageNo", 1), _count(request.params, "numOfRows", 10)
    if number is None or size is None:
        return gateway_error(10)
    if size > MAX_ROWS:
        return Reply(500, b"Unexpected errors", PLAIN)
    page = [row.decode() for row in rows[(number - 1) * size : number * size]]
    if request.params.get("_type") != "json":
        return page_reply(Page(number, size, len(rows), page), as_json=False)
    return _json_reply(page, number, size, len(rows))


def _json_reply(rows: Sequence[str], number: int, size: int, total: int) -> Reply:
    items = f'{{"item":{rows[0] if len(rows) == 1 else "[" + ",".join(rows) + "]"}}}' if rows else '""'
    body = f'{{"items":{items},"numOfRows":{size},"pageNo":{number},"totalCount":{total}}}'
    header = '{"resultCode":"00","resultMsg":"NORMAL SERVICE."}'
    return Reply(200, f'{{"response":{{"header":{header},"body":{body}}}}}'.encode(), JSON)


def _days_off(request: Request) -> Reply:
    """Always XML, as we know it. The days are the library's, named as the feed names substitutes."""
    year, size = _count(request.params, "solYear", 0), _count(request.params, "numOfRows", 10)
    if not year or size is None or year > 2_100:
        return gateway_error(10)
    # Loaded only when asked for: three hundred countries.
    import holidays

    days: Mapping[date, str] = holidays.country_holidays("KR", years=year, language="ko")
    rows = [json.dumps(_day_off(day, name)) for day, name in sorted(days.items())]
    return page_reply(Page(1, size, len(rows), rows[:size]), as_json=False)


def _day_off(day: date, name: str) -> dict[str, object]:
    return {"dateKind": "01", "dateName": _official(name), "isHoliday": "Y", "locdate": f"{day:%Y%m%d}", "seq": 1}


def _official(name: str) -> str:
    plain = name.removesuffix(" 전날").removesuffix(" 다음날")
    return f"대체공휴일({plain.removesuffix(' 대체 휴일')})" if plain.endswith(" 대체 휴일") else plain


def _count(params: Mapping[str, str], name: str, default: int) -> int | None:
    text = params.get(name) or str(default)
    usable = text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0
    return int(text) if usable else None
