"""data.go.kr on the wire: field orders, envelopes in JSON and XML, the gateway's errors (datagokr.md)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from sandbox.standins.vendor import JSON, XML, Reply


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EASYDRUG_KEYS = _names(
    "entpName itemName itemSeq efcyQesitm useMethodQesitm atpnWarnQesitm atpnQesitm intrcQesitm seQesitm "
    "depositMethodQesitm openDe updateDe itemImage bizrno"
)
PERMIT_KEYS = _names(
    "ITEM_SEQ ITEM_NAME ITEM_ENG_NAME ENTP_NAME ENTP_ENG_NAME ENTP_SEQ ENTP_NO ITEM_PERMIT_DATE INDUTY "
    "PRDLST_STDR_CODE SPCLTY_PBLC PRDUCT_TYPE PRDUCT_PRMISN_NO ITEM_INGR_NAME ITEM_INGR_CNT BIG_PRDT_IMG_URL "
    "PERMIT_KIND_CODE CANCEL_DATE CANCEL_NAME EDI_CODE BIZRNO"
)
DETAIL_KEYS = _names(
    "ITEM_SEQ ITEM_NAME ENTP_NAME ITEM_PERMIT_DATE CNSGN_MANUF ETC_OTC_CODE CHART BAR_CODE MATERIAL_NAME EE_DOC_ID "
    "UD_DOC_ID NB_DOC_ID INSERT_FILE STORAGE_METHOD VALID_TERM REEXAM_TARGET REEXAM_DATE PACK_UNIT EDI_CODE "
    "PERMIT_KIND_NAME ENTP_NO MAKE_MATERIAL_FLAG NEWDRUG_CLASS_NAME INDUTY_TYPE CANCEL_DATE CANCEL_NAME CHANGE_DATE "
    "NARCOTIC_KIND_CODE GBN_NAME TOTAL_CONTENT EE_DOC_DATA UD_DOC_DATA NB_DOC_DATA PN_DOC_DATA MAIN_ITEM_INGR "
    "INGR_NAME ATC_CODE ITEM_ENG_NAME ENTP_ENG_NAME MAIN_INGR_ENG BIZRNO RARE_DRUG_YN"
)
INGREDIENT_KEYS = _names(
    "ENTRPS_PRMISN_NO ENTRPS PRDUCT TAMT_SEQ MTRAL_SN MTRAL_CODE MTRAL_NM QNT INGD_UNIT_CD ITEM_SEQ MAIN_INGR_ENG "
    "BIZRNO CPNT_CTNT_CONT"
)
GATEWAY_ERRORS = {
    1: "APPLICATION_ERROR",
    2: "DB_ERROR",
    3: "NODATA_ERROR",
    4: "HTTP_ERROR",
    5: "SERVICETIMEOUT_ERROR",
    10: "INVALID_REQUEST_PARAMETER_ERROR",
    11: "NO_MANDATORY_REQUEST_PARAMETERS_ERROR",
    12: "NO_OPENAPI_SERVICE_ERROR",
    20: "SERVICE_ACCESS_DENIED_ERROR",
    21: "TEMPORARILY_DISABLE_THE_SERVICEKEY_ERROR",
    22: "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR",
    23: "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR",
    29: "BLACKLIST_IP_ACCESS_ERROR",
    30: "SERVICE_KEY_IS_NOT_REGISTERED_ERROR",
    31: "DEADLINE_HAS_EXPIRED_ERROR",
    32: "UNREGISTERED_IP_ERROR",
    33: "UNSIGNED_CALL_ERROR",
    99: "UNKNOWN_ERROR",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: rows as JSON texts, total over all pages."""

    number: int
    size: int
    total: int
    rows: Sequence[str]


def gateway_error(code: int, status: int = 200) -> Reply:
    """The gateway's own envelope: XML even when JSON was asked for, at HTTP 200 or 403."""
    name = GATEWAY_ERRORS.get(code, GATEWAY_ERRORS[99])
    body = (
        "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg>"
        f"<returnAuthMsg>{name}</returnAuthMsg><returnReasonCode>{code:02d}</returnReasonCode>"
        "</cmmMsgHeader></OpenAPI_ServiceResponse>"
    )
    return Reply(status, body.encode(), XML)


def page_reply(page: Page, *, as_json: bool) -> Reply:
    return _json_page(page) if as_json else _xml_page(page)


def service_error(code: str, message: str, *, as_json: bool) -> Reply:
    """An error that the service itself reports, in its usual header and at HTTP 200."""
    if as_json:
        header = json.dumps({"resultCode": code, "resultMsg": message}, ensure_ascii=False, separators=(",", ":"))
        return Reply(200, f'{{"header":{header}}}'.encode(), JSON)
    header = f"<resultCode>{code}</resultCode><resultMsg>{escape(message)}</resultMsg>"
    return Reply(200, f"{XML_HEAD}<response><header>{header}</header></response>".encode(), XML)


XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
JSON_OK = '{"header":{"resultCode":"00","resultMsg":"NORMAL SERVICE."},"body":'
XML_OK = "<header><resultCode>00</resultCode><resultMsg>NORMAL SERVICE.</resultMsg></header>"


def _json_page(page: Page) -> Reply:
    # Without rows the body has no `items` key at all, and the service writes "</" as "<\/".
    items = f',"items":[{",".join(page.rows)}]' if page.rows else ""
    counts = f'"pageNo":{page.number},"totalCount":{page.total},"numOfRows":{page.size}'
    return Reply(200, f"{JSON_OK}{{{counts}{items}}}}}".replace("</", "<\\/").encode(), JSON)


def _xml_page(page: Page) -> Reply:
    counts = f"<numOfRows>{page.size}</numOfRows><pageNo>{page.number}</pageNo><totalCount>{page.total}</totalCount>"
    items = "".join(_xml_item(json.loads(row)) for row in page.rows)
    body = f"<body>{counts}{f'<items>{items}</items>' if items else ''}</body>"
    return Reply(200, f"{XML_HEAD}<response>{XML_OK}{body}</response>".encode(), XML)


def _xml_item(row: dict[str, object]) -> str:
    return f"<item>{''.join(_xml_field(key, value) for key, value in row.items())}</item>"


def _xml_field(key: str, value: object) -> str:
    text = "" if value is None else " ".join(str(value).split("\n"))
    return f"<{key}>{escape(text)}</{key}>" if text else f"<{key}/>"
