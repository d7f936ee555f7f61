"""One product out of what its sources say, whatever the order they came in. Pure.

`facts` is `Medicine.source_facts`: by source, what records.Facts.stored() gives, and "label": true where the source has
text. e약은요 is the first word on name, company and picture; the permit on everything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

SourceFacts = Mapping[str, Mapping[str, Any]]

_NAMING = ("easy", "permit", "detail", "ingredient_list")
_LICENSING = ("permit", "detail")
_INGREDIENTS = ("ingredients", "detail", "permit", "ingredient_list")
_ENDED = ("만료", "취하", "폐업", "취소")


@dataclass(frozen=True, slots=True)
class Merged:
    """The columns of `Medicine` that the sources decide."""

    name: str
    name_en: str
    entp_name: str
    etc_otc: str
    status: str
    export_only: bool
    class_name: str
    permit_date: date | None
    opened_on: date | None
    image_url: str
    ingredients: list[str]
    ingredients_en: list[str]
    coverage: str


def merge(facts: SourceFacts, *, vanished: bool = False) -> Merged:
    """`vanished`: no source lists the product any more, so it counts as withdrawn."""
    name = _first(facts, "name", _NAMING)
    permit_date = _first(facts, "permit_date", _LICENSING)
    opened_on = _first(facts, "opened_on", ("easy",))
    return Merged(
        name=name,
        name_en=_first(facts, "name_en", _LICENSING),
        entp_name=_first(facts, "entp_name", _NAMING),
        etc_otc=_first(facts, "etc_otc", _LICENSING),
        status="withdrawn" if vanished else status(_first(facts, "cancel_name", _LICENSING)),
        export_only=any("수출용" in said.get("name", "") for said in facts.values()),
        class_name=_first(facts, "class_name", _LICENSING),
        permit_date=date.fromisoformat(permit_date) if permit_date else None,
        opened_on=date.fromisoformat(opened_on) if opened_on else None,
        image_url=_first(facts, "image_url", _NAMING),
        ingredients=_first_list(facts, "ingredients", _INGREDIENTS),
        ingredients_en=_first_list(facts, "ingredients_en", ("permit", "ingredients", "detail")),
        coverage=_coverage(facts),
    )


def status(cancel_name: str) -> str:
    """CANCEL_NAME as a status: 정상 is active, a licence that ended is withdrawn, blank or anything else unknown."""
    if cancel_name == "정상":
        return "active"
    return "withdrawn" if any(word in cancel_name for word in _ENDED) else "unknown"


def _coverage(facts: SourceFacts) -> str:
    if facts.get("easy", {}).get("label"):
        return "easy"
    return "permit" if facts.get("detail", {}).get("label") else "name_only"


def _first(facts: SourceFacts, field: str, sources: Sequence[str]) -> str:
    return next((str(value) for source in sources if (value := facts.get(source, {}).get(field))), "")


def _first_list(facts: SourceFacts, field: str, sources: Sequence[str]) -> list[str]:
    return next((list(value) for source in sources if (value := facts.get(source, {}).get(field))), [])
