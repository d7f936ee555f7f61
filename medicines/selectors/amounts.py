"""How much of each substance is in one unit of a product, and the most in 24 hours, by official figures alone.

Amounts: the ministry's ingredient rows; for a product of one ingredient also its name (…500밀리그람) or its label
("8정(4 g)"). Maxima: the label's own sentence, unless it speaks of children or weights. Nothing
is guessed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from medicines.models import Medicine, MedicineCache, MedicineIngredient
from medicines.search.ingredients import base_of, substance_for
from medicines.search.normalise import normalise

_READ = ("usage", "warning", "precaution")
_FIGURE = r"([0-9][0-9,]*(?:\.[0-9]+)?)\s*(mg|밀리그[램람]|g|그[램람])(?![a-z/])(?!\s*/)"
_DAY = "(?:1일|하루|일일|24시간)"
_MOST = (
    re.compile(rf"{_DAY}[^.\n]{{0,12}}최대[^.\n]{{0,25}}?{_FIGURE}"),
    re.compile(rf"{_DAY}[^.\n]{{0,30}}?{_FIGURE}[^.\n0-9]{{0,12}}(?:초과|넘)"),
)
_UNITS = re.compile(rf"([0-9]{{1,2}})\s*(?:정|캡슐|포)\s*\(\s*{_FIGURE}\s*\)")
_IN_NAME = re.compile(r"([0-9]+(?:\.[0-9]+)?)(mg|g)$")
# A sentence that holds for some people only, or is reckoned by weight.
_FOR_SOME = re.compile(r"체중|소아|어린이|유아|영아|kg|미만|이하인|신장|간 ?장애|편두통")
_SENTENCE = re.compile(r"[^.\n]+(?:\.(?=\d)[^.\n]+)*")


@dataclass(frozen=True, slots=True)
class Amounts:
    """`mg`: by substance in one tablet or capsule, None where nobody says; `max_mg`: the label's most in 24 hours."""

    mg: Mapping[str, Decimal | None]
    max_mg: Mapping[str, Decimal]


def substance(name: str) -> str:
    """An ingredient without salt and hydrate, as amounts are keyed; English and abbreviations too."""
    return substance_for(normalise(name)) or base_of(name) or name


def amounts_of(*, item_seqs: Iterable[str]) -> dict[str, Amounts]:
    """Three queries; unknown products are left out."""
    wanted = list(item_seqs)
    if not wanted:
        return {}
    rows: dict[str, dict[str, Decimal | None]] = {}
    for seq, name, mg in MedicineIngredient.objects.filter(item_seq__in=wanted).values_list(
        "item_seq", "name", "amount_mg"
    ):
        rows.setdefault(seq, {})[substance(name)] = mg
    labels: dict[str, str] = {}
    for seq, *texts in MedicineCache.objects.filter(medicine__item_seq__in=wanted).values_list(
        "medicine__item_seq", *_READ
    ):
        labels[seq] = labels.get(seq, "") + "\n".join(["", *texts])
    products = Medicine.objects.filter(item_seq__in=wanted).values_list("item_seq", "name_norm", "ingredients")
    return {
        seq: _amounts(name, list(dict.fromkeys(map(substance, names))), rows.get(seq, {}), labels.get(seq, ""))
        for seq, name, names in products
    }


def _amounts(name: str, substances: Sequence[str], rows: Mapping[str, Decimal | None], text: str) -> Amounts:
    mg: dict[str, Decimal | None] = dict.fromkeys(substances) | dict(rows)
    if len(mg) == 1:
        only = next(iter(mg))
        mg[only] = mg[only] or _named(name) or _told(text)
    return Amounts(mg, dict(_maxima(text, list(mg))))


def _maxima(text: str, substances: Sequence[str]) -> Iterable[tuple[str, Decimal]]:
    """The lowest figure of each substance, so that a doubtful reading errs on the safe side."""
    found: dict[str, Decimal] = {}
    for sentence in _SENTENCE.findall(text):
        figure = None if _FOR_SOME.search(sentence) else _most(sentence)
        whose = [one for one in substances if one in sentence] or (substances if len(substances) == 1 else [])
        if figure and len(whose) == 1:
            found[whose[0]] = min(figure, found.get(whose[0], figure))
    return found.items()


def _most(sentence: str) -> Decimal | None:
    return next((_mg(*found.groups()) for pattern in _MOST if (found := pattern.search(sentence))), None)


def _named(name_norm: str) -> Decimal | None:
    found = _IN_NAME.search(name_norm.split("|")[0])
    return _mg(*found.groups()) if found else None


def _told(text: str) -> Decimal | None:
    """ "8정(4 g)": so much in eight."""
    found = _UNITS.search(text)
    return _mg(found[2], found[3]) / int(found[1]) if found and int(found[1]) else None


def _mg(figure: str, unit: str) -> Decimal:
    amount = Decimal(figure.replace(",", ""))
    return amount * 1000 if unit in ("g", "그램", "그람") else amount
