"""Ingredients under all their names: salts and hydrates folded to one substance, Korean, English, abbreviations. Pure.

The curated names are in `data/ingredients.tsv`; the loader adds the English names that the permit list carries.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from medicines.search.normalise import compose, fold_words, normalise

_TABLE = Path(__file__).with_name("data") / "ingredients.tsv"

_ACIDS = (
    "염산|황산|질산|인산|말레산|말레인산|푸마르산|푸마레이트|베실산|메실산|토실산|타르타르산|주석산|시트르산|구연산|숙신산|호박산|옥살산|"
    "아세트산|초산|벤조산|살리실산|락트산|젖산|파모산|캄실산|에실산|니코틴산|오로트산|캠실산|디염산|이염산|베타인염산|브롬화수소산|글루콘산"
)
_METALS = "나트륨|칼륨|칼슘|마그네슘|리튬|이나트륨|삼나트륨|아르기닌|리신|트로메타민|트로메타몰|메글루민"
_WATER = (
    r"무수물|(?:일|이|삼|사|오|육|칠|반|세스키|1|2|3|1/2|3/2)?수화물|"
    "세스키하이드레이트|세스키히드레이트|모노하이드레이트|하이드레이트|수화"
)
_FORM_WORDS = (
    "미분화|과립|제피과립|펠렛|서방펠렛|장용펠렛|장용성펠렛|서방성과립|분무건조|미세화|디씨|가루|분말|유상|건조분말"
)
_TAIL = re.compile(rf"(?:{_WATER}|(?:{_ACIDS})염|브롬화물|브롬화수소산염|염화물|요오드화물|{_FORM_WORDS})$")
_METAL_TAIL = re.compile(rf"(?<![산화])(?:{_METALS})$")
_HEAD = re.compile(
    "^(?:염산|황산|질산|말레인산|말레산|푸마르산|구연산|초산|메실산|베실산|브롬화수소산|결정|농축)(?=...)"
)
_NOTE = re.compile(r"\(.*?\)|\[.*?\]|[0-9.]+%.*$|\([0-9.→>:\-]+.*$")
_ENGLISH_TAIL = re.compile(
    r"\s+(?:hydrochloride|hcl|sulfate|sulphate|nitrate|phosphate|maleate|fumarate|besylate|besilate|mesylate|tosylate|tartrate|"
    r"citrate|succinate|oxalate|acetate|lactate|camsylate|hydrobromide|bromide|sodium|potassium|calcium|magnesium|arginine|lysine|"
    r"tromethamine|meglumine|anhydrous|(?:mono|di|tri|tetra|hemi|sesqui|penta)?hydrate|granules?|micronized|powder|dc|d\.?c\.?)$"
)


@lru_cache(maxsize=16_384)
def base_of(ingredient: str) -> str:
    """The substance, normalised, without salt, hydrate and form: 세티리진염산염, 염산세티리진 → 세티리진.

    Prefixes that name another substance stay (덱시-, 에스-, 레보-), and so do inorganic salts (탄산칼슘, 염화나트륨).
    """
    text = compose(_NOTE.sub("", ingredient)).strip()
    if not re.search("[가-힣]", text):
        return _english_base(text)
    word = fold_words(text)
    while (shorter := _shorten(word)) != word:
        word = shorter
    return word


def _shorten(word: str) -> str:
    for pattern in (_TAIL, _METAL_TAIL, _HEAD):
        shorter = pattern.sub("", word)
        if shorter != word and len(shorter) >= 3:
            return shorter
    return word


def _english_base(text: str) -> str:
    previous = ""
    while text != previous:
        previous, text = text, _ENGLISH_TAIL.sub("", text)
    return fold_words(text)


def bases_of(ingredients: list[str]) -> list[str]:
    """The distinct substances of a product, in the order of its label (a layered tablet lists one twice)."""
    return list(dict.fromkeys(filter(None, map(base_of, ingredients))))


@cache
def curated_names() -> Mapping[str, tuple[str, ...]]:
    """Substance → its other names, all normalised: 아세트아미노펜 → (acetaminophen, aap, …)."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    fields = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {base_of(korean): _names(english, *others.split(",")) for korean, english, others in fields}


def _names(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(normalise, names))))


@cache
def _substance_by_name() -> Mapping[str, str]:
    return {name: base for base, names in curated_names().items() for name in names}


def substance_for(text: str) -> str:
    """The substance a normalised name stands for: aap → 아세트아미노펜; an unknown name is its own base."""
    return _substance_by_name().get(text) or _substance_by_name().get(base_of(text)) or base_of(text)
