"""The sources' rows as strict models, and what each means as a record. Contract: contracts/datagokr.md 1 and 2. Pure.

Values are strings or null and the keys are always there; a row that does not fit is refused by itself. Keys that the
source adds are ignored.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from medicines.ingredients_in_text import ingredient_names, split
from medicines.labels import Label, clean_name, clean_text, milligrams, parse_date, storable
from medicines.permit_documents import document_sections
from medicines.records import Batch, Facts, Ingredient, Record, Refusal

Made = TypeVar("Made", bound=Record | Ingredient, covariant=True)

_ITEM_SEQ = re.compile(r"\d{4,20}")
_CODE = re.compile(r"^\s*\[[A-Za-z]?\d+\]\s*")
_ETC_OTC = {"전문,희귀": "전문의약품(희귀)"}


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"text expected, not {type(value).__name__}")
    return storable(value)


def _item_seq(value: object) -> str:
    # A number is what some exports make of it; nothing else may stand for a product.
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value).strip()
    if text and not _ITEM_SEQ.fullmatch(text):
        raise ValueError(f"no item_seq: {text[:30]!r}")
    return text


Text = Annotated[str, BeforeValidator(_text)]
ItemSeq = Annotated[str, BeforeValidator(_item_seq)]


class RowModel(BaseModel, ABC, Generic[Made]):
    """A row of a source, and what it says."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    @abstractmethod
    def made(self) -> Made:
        """ValueError (BadDocumentError among them) when a value means nothing."""


class EasyItem(RowModel[Record]):
    """One row of e약은요."""

    itemSeq: ItemSeq
    itemName: Text
    entpName: Text
    efcyQesitm: Text
    useMethodQesitm: Text
    atpnWarnQesitm: Text
    atpnQesitm: Text
    intrcQesitm: Text
    seQesitm: Text
    depositMethodQesitm: Text
    updateDe: Text
    openDe: Text = ""
    itemImage: Text = ""

    SECTION_FIELDS: ClassVar[Mapping[str, str]] = {
        "efficacy": "efcyQesitm",
        "usage": "useMethodQesitm",
        "warning": "atpnWarnQesitm",
        "precaution": "atpnQesitm",
        "interaction": "intrcQesitm",
        "side_effect": "seQesitm",
        "storage": "depositMethodQesitm",
    }

    def made(self) -> Record:
        facts = Facts(
            name=_name(self.itemName),
            entp_name=clean_name(self.entpName),
            image_url=_image(self.itemImage),
            opened_on=parse_date(self.openDe),
        )
        return Record(self.itemSeq, "easy", facts, self._label())

    def _label(self) -> Label | None:
        originals = {field: getattr(self, field) for field in self.SECTION_FIELDS.values()}
        cleaned = {name: clean_text(originals[field]) for name, field in self.SECTION_FIELDS.items()}
        sections = {name: text for name, text in cleaned.items() if text}
        return Label("easy", sections, originals, parse_date(self.updateDe)) if sections else None


class PermitItem(RowModel[Record]):
    """One row of the permit list."""

    ITEM_SEQ: ItemSeq
    ITEM_NAME: Text
    ENTP_NAME: Text
    ITEM_ENG_NAME: Text = ""
    ITEM_PERMIT_DATE: Text = ""
    SPCLTY_PBLC: Text = ""
    PRDUCT_TYPE: Text = ""
    ITEM_INGR_NAME: Text = ""
    BIG_PRDT_IMG_URL: Text = ""
    CANCEL_NAME: Text = ""

    def made(self) -> Record:
        facts = Facts(
            name=_name(self.ITEM_NAME),
            name_en=clean_name(self.ITEM_ENG_NAME),
            entp_name=clean_name(self.ENTP_NAME),
            etc_otc=_etc_otc(self.SPCLTY_PBLC),
            cancel_name=clean_name(self.CANCEL_NAME),
            class_name=_CODE.sub("", clean_name(self.PRDUCT_TYPE)),
            permit_date=parse_date(self.ITEM_PERMIT_DATE),
            image_url=_image(self.BIG_PRDT_IMG_URL),
            ingredients_en=ingredient_names(self.ITEM_INGR_NAME),
        )
        return Record(self.ITEM_SEQ, "permit", facts)


class PermitDetail(RowModel[Record]):
    """A permit detail: facts and the label's own documents."""

    ITEM_SEQ: ItemSeq
    ITEM_NAME: Text
    ENTP_NAME: Text
    ITEM_ENG_NAME: Text = ""
    ITEM_PERMIT_DATE: Text = ""
    ETC_OTC_CODE: Text = ""
    STORAGE_METHOD: Text = ""
    CANCEL_NAME: Text = ""
    CHANGE_DATE: Text = ""
    MAIN_ITEM_INGR: Text = ""
    MAIN_INGR_ENG: Text = ""
    EE_DOC_DATA: Text
    UD_DOC_DATA: Text
    NB_DOC_DATA: Text

    def made(self) -> Record:
        facts = Facts(
            name=_name(self.ITEM_NAME),
            name_en=clean_name(self.ITEM_ENG_NAME),
            entp_name=clean_name(self.ENTP_NAME),
            etc_otc=_etc_otc(self.ETC_OTC_CODE),
            cancel_name=clean_name(self.CANCEL_NAME),
            permit_date=parse_date(self.ITEM_PERMIT_DATE),
            ingredients=tuple(_CODE.sub("", clean_name(name)) for name in split(self.MAIN_ITEM_INGR, "|")),
            ingredients_en=ingredient_names(self.MAIN_INGR_ENG),
        )
        return Record(self.ITEM_SEQ, "detail", facts, self._label())

    def _label(self) -> Label | None:
        documents = {name: getattr(self, name) for name in ("EE_DOC_DATA", "UD_DOC_DATA", "NB_DOC_DATA")}
        sections = document_sections(*documents.values())
        if not sections:
            return None
        storage = (clean_text(self.STORAGE_METHOD), sections.get("storage", ""))
        if storage[0] and storage[0] not in storage[1]:
            sections["storage"] = "\n".join(text for text in storage if text)
        return Label(
            "permit", sections, documents | {"STORAGE_METHOD": self.STORAGE_METHOD}, parse_date(self.CHANGE_DATE)
        )


class IngredientItem(RowModel[Ingredient]):
    """One row of the ingredients operation."""

    ITEM_SEQ: ItemSeq
    MTRAL_SN: Text
    MTRAL_NM: Text
    TAMT_SEQ: Text = ""
    MAIN_INGR_ENG: Text = ""
    QNT: Text = ""
    INGD_UNIT_CD: Text = ""

    def made(self) -> Ingredient:
        numbers = (self.TAMT_SEQ.strip() or "1", self.MTRAL_SN.strip() or "1")
        position = ":".join(number.zfill(4) for number in numbers)
        english = ingredient_names(self.MAIN_INGR_ENG)
        amount = milligrams(self.QNT, self.INGD_UNIT_CD)
        return Ingredient(self.ITEM_SEQ, position[:20], _name(self.MTRAL_NM), english[0] if english else "", amount)


class PermitNamesRow(RowModel[Record]):
    """One row of the collected permit list (a CSV with lower-case columns)."""

    item_seq: ItemSeq
    item_name: Text
    item_eng_name: Text
    entp_name: Text
    permit_date: Text
    etc_otc: Text
    cancel_name: Text
    main_ingr: Text
    class_name: Text

    def made(self) -> Record:
        facts = Facts(
            name=_name(self.item_name),
            name_en=clean_name(self.item_eng_name),
            entp_name=clean_name(self.entp_name),
            etc_otc=_etc_otc(self.etc_otc),
            cancel_name=clean_name(self.cancel_name),
            class_name=clean_name(self.class_name),
            permit_date=parse_date(self.permit_date),
            ingredients=ingredient_names(self.main_ingr),
        )
        return Record(self.item_seq, "permit", facts)


class IngredientListRow(RowModel[Record]):
    """One row of a file that lists a product's main ingredients in one cell."""

    itemSeq: ItemSeq
    itemName: Text
    main_ingr: Text

    def made(self) -> Record:
        facts = Facts(name=_name(self.itemName), ingredients=ingredient_names(self.main_ingr))
        return Record(self.itemSeq, "ingredient_list", facts)


def parse_row(row: object, model: type[RowModel[Made]]) -> Made | Refusal | None:
    """What the row says; None when the rule skips it (no item_seq); a Refusal with the reason."""
    try:
        made = model.model_validate(row).made()
    except (ValidationError, ValueError) as error:
        return Refusal("", reason(error))
    return made if made.item_seq else None


def parse_rows(rows: Iterable[object], model: type[RowModel[Made]], where: str) -> Batch[Made]:
    """All rows of a page; a refusal says where: "<where> row <n>"."""
    taken, refusals, skipped = list[Made](), list[Refusal](), 0
    for number, row in enumerate(rows, start=1):
        made = parse_row(row, model)
        if isinstance(made, Refusal):
            refusals.append(Refusal(f"{where} row {number}", made.reason))
        elif made is None:
            skipped += 1
        else:
            taken.append(made)
    return Batch(taken, skipped, refusals)


def reason(error: Exception) -> str:
    """Why a row was refused, in one short line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}"[:200] if place else first["msg"][:200]
    return str(error)[:200]


def _name(text: str) -> str:
    name = clean_name(text)
    if not name:
        raise ValueError("no name")
    return name


def _etc_otc(text: str) -> str:
    cleaned = clean_name(text)
    return _ETC_OTC.get(cleaned, cleaned)


def _image(text: str) -> str:
    cleaned = text.strip()
    return cleaned if cleaned.startswith("https://") else ""
