"""Rows as the sources send them, and products stored the way the product stores them."""

from collections.abc import Mapping

from medicines.models import Medicine
from medicines.services.catalogue import upsert_many
from medicines.wire import EasyItem, PermitDetail, PermitItem
from sandbox.standins.wire import EASYDRUG_KEYS


def easy_row(item_seq: str | None = "200000001", name: str = "가나정", **values: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(EASYDRUG_KEYS)
    row |= {"itemSeq": item_seq, "itemName": name, "entpName": "예시제약(주)", "updateDe": "2024-05-09"}
    return row | {"efcyQesitm": "이 약은 두통에 사용합니다.\n", "atpnQesitm": "과민한 사람은 먹지 마십시오.\n"} | values


def permit_row(item_seq: str | None = "200000001", name: str = "가나정", **values: object) -> dict[str, object]:
    row: dict[str, object] = {
        "ITEM_SEQ": item_seq,
        "ITEM_NAME": name,
        "ITEM_ENG_NAME": "Gana Tab.",
        "ENTP_NAME": "예시제약(주)",
    }
    row |= {"ITEM_PERMIT_DATE": "20200803", "SPCLTY_PBLC": "전문의약품", "PRDUCT_TYPE": "[01140]해열.진통.소염제"}
    return row | {"ITEM_INGR_NAME": "Ganamin/Daramin", "BIG_PRDT_IMG_URL": "", "CANCEL_NAME": "정상"} | values


def detail_row(item_seq: str = "200000001", name: str = "가나정", **values: object) -> dict[str, object]:
    row: dict[str, object] = {
        "ITEM_SEQ": item_seq,
        "ITEM_NAME": name,
        "ENTP_NAME": "예시제약(주)",
        "CANCEL_NAME": "정상",
    }
    row |= {"ITEM_PERMIT_DATE": "20200803", "ETC_OTC_CODE": "전문의약품", "STORAGE_METHOD": "기밀용기, 실온보관"}
    row |= {
        "CHANGE_DATE": None,
        "MAIN_ITEM_INGR": "[M000001]가나민|[M000002]다라민",
        "MAIN_INGR_ENG": "Ganamin/Daramin",
    }
    return row | {"EE_DOC_DATA": document("EE", {"": ["두통"]}), "UD_DOC_DATA": "", "NB_DOC_DATA": ""} | values


def ingredient_row(item_seq: str, number: int, name: str, **values: object) -> dict[str, object]:
    return {
        "ITEM_SEQ": item_seq,
        "PRDUCT": "가나정",
        "MTRAL_SN": str(number),
        "MTRAL_NM": name,
        "MAIN_INGR_ENG": "",
    } | values


def document(kind: str, articles: Mapping[str, list[str]]) -> str:
    """A permit document as the ministry writes it: articles by title, a paragraph a line."""
    inner = "".join(
        f'<ARTICLE title="{title}">'
        + "".join(f'<PARAGRAPH tagName="p" textIndent=""><![CDATA[{line}]]></PARAGRAPH>' for line in lines)
        + "</ARTICLE>"
        for title, lines in articles.items()
    )
    return f'<DOC title="" type="{kind}">\r\n<SECTION title="">{inner}</SECTION></DOC>'


def store_easy(item_seq: str = "200000001", name: str = "가나정", **values: object) -> Medicine:
    upsert_many(items=[EasyItem.model_validate(easy_row(item_seq, name, **values)).made()])
    return Medicine.objects.get(item_seq=item_seq)


def store_permit(item_seq: str = "200000001", name: str = "가나정", **values: object) -> Medicine:
    upsert_many(items=[PermitItem.model_validate(permit_row(item_seq, name, **values)).made()])
    return Medicine.objects.get(item_seq=item_seq)


def store_detail(item_seq: str = "200000001", name: str = "가나정", **values: object) -> Medicine:
    upsert_many(items=[PermitDetail.model_validate(detail_row(item_seq, name, **values)).made()])
    return Medicine.objects.get(item_seq=item_seq)
