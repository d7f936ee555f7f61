"""One spelling for names and queries, so that both meet. Pure; the same functions run when indexing and when asking.

Every rule keeps prefixes: what is typed of a name normalises to a prefix of the normalised name, or to one whose
unfinished tail `open_prefix` cuts off. So a half-typed name always finds its product.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from medicines.search.keys import COMPATIBILITY_JAMO, to_keys

_MARKS = re.compile("[®™©℠]")  # before NFKC, which would turn ™ into the letters TM
_OPENING, _CLOSING = "([{〔【", ")]}〕】"
_GREEK = {"α": "알파", "β": "베타", "γ": "감마", "δ": "델타", "ω": "오메가", "μ": "u"}
_UNITS = {
    "mg": ("밀리그램", "밀리그람", "밀리그렘", "미리그램", "미리그람", "미리", "mg"),
    "mcg": ("마이크로그램", "마이크로그람", "mcg", "ug"),
    "g": ("그램", "그람", "g"),
    "ml": ("밀리리터", "미리리터", "ml", "cc"),
    "iu": ("국제단위", "단위", "iu"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_UNIT = re.compile("(?<=[0-9])(" + "|".join(sorted(_UNIT_OF, key=len, reverse=True)) + ")")
# What may stand unfinished at the end of a query: a unit on its way, with the ambiguous 밀리.
_UNIT_KEYS = sorted({to_keys(word) for word in (*_UNIT_OF, "밀리")}, key=len, reverse=True)
_OPEN_UNIT = re.compile("(?<=[0-9])(" + "|".join(
    sorted({keys[:length] for keys in _UNIT_KEYS for length in range(1, len(keys) + 1)}, key=len, reverse=True)
) + ")$")  # fmt: skip
_SPELLINGS = {"캅셀": "캡슐", "캅슐": "캡슐", "캡셀": "캡슐"}
_NUMBER_WORDS = {
    "제로": "0", "쓰리": "3", "파이브": "5", "식스": "6", "세븐": "7", "에이트": "8", "에잇": "8", "나인": "9",
    "피티피": "ptp", "비타민씨": "비타민c", "비타민에이": "비타민a", "비타민디": "비타민d", "비타민비": "비타민b",
    "비타민이": "비타민e",
}  # fmt: skip
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:/[0-9]+(?:\.[0-9]+)?)*"
_STRENGTH = re.compile(rf"({_NUMBER})(mcg|mg|ml|g|iu)?(?!시간|일분|호|회|[0-9])")
_TAIL_STRENGTH = re.compile(rf"(?<![0-9./])({_NUMBER})(mcg|mg|ml|g|iu)?$")
# Dosage forms as names end in them; `_FORM` tries the longest first.
FORMS = tuple(Path(__file__).with_name("data").joinpath("forms.txt").read_text(encoding="utf-8").split())
_FORM = re.compile("(" + "|".join(sorted(FORMS, key=len, reverse=True)) + ")$")


@dataclass(frozen=True, slots=True)
class Name:
    """A product name taken apart. `core` is the normalised name without what stands in parentheses."""

    core: str
    brand: str
    strengths: tuple[str, ...]
    aliases: tuple[str, ...]
    notes: tuple[str, ...]
    export_only: bool


def compose(text: str) -> str:
    """NFC, full width and ligatures folded (㎎ → mg), lower case; lone jamo of any block as compatibility jamo."""
    text = unicodedata.normalize("NFC", _MARKS.sub("", text))
    return "".join(_compatible(char) for char in text).lower()


@lru_cache(maxsize=16_384)
def _compatible(char: str) -> str:
    """NFKC for one character, except that it would make conjoining jamo, which join their neighbours, of lone ones."""
    if char in COMPATIBILITY_JAMO:
        return char
    return "".join(_lone_jamo(part) for part in unicodedata.normalize("NFKC", char))


def _lone_jamo(char: str) -> str:
    if not 0x1100 <= ord(char) <= 0x11FF:
        return char
    name = unicodedata.name(char, "").rpartition(" ")[2]
    try:
        return unicodedata.lookup(f"HANGUL LETTER {name}")
    except KeyError:
        return ""


def split_parentheses(text: str) -> tuple[str, tuple[str, ...]]:
    """The text outside parentheses, and the contents of each outer group; an open group runs to the end.

    A group that opens the name, as in (주)미성…, is part of the name: it is what a person types first.
    """
    outside: list[str] = []
    groups: list[str] = []
    depth = 0
    for char in text:
        if char in _OPENING and (depth or "".join(outside).strip()):
            depth += 1
            groups += [""] if depth == 1 else []
        elif char in _CLOSING and depth:
            depth -= 1
        elif depth:
            groups[-1] += char
        else:
            outside.append(char)
    return "".join(outside), tuple(groups)


def fold_words(text: str) -> str:
    """Letters and digits only, units and spellings in one form. Expects `compose`d text without parentheses."""
    text = "".join(_GREEK.get(char, char) for char in text)
    text = re.sub(r"[^0-9a-z가-힣ㄱ-ㅣ./]", "", text)
    text = re.sub(r"(?<![0-9])[./]+|[./]+(?![0-9])", "", text)
    for word, spelling in _SPELLINGS.items():
        text = text.replace(word, spelling)
    return _UNIT.sub(lambda unit: _UNIT_OF[unit[0]], text)


def normalise(text: str) -> str:
    """A name or a query in the one spelling that search compares: 타이레놀정 500 밀리그람(…) → 타이레놀정500mg."""
    return fold_words(split_parentheses(compose(text))[0])


def number_words(text: str) -> str:
    """Normalised text with number words as digits: 이지엔식스이브 → 이지엔6이브."""
    for word, digits in _NUMBER_WORDS.items():
        text = text.replace(word, digits)
    return text


def open_prefix(keys: str) -> str:
    """Keys without an unfinished tail that a finished word would fold: …500밀ㄹ → …500, …캅 → …ㅋ."""
    keys = _OPEN_UNIT.sub("", keys)
    for word, spelling in _SPELLINGS.items():
        keys = _cut_unfinished(keys, to_keys(word), to_keys(spelling))
    return keys


def _cut_unfinished(keys: str, word: str, spelling: str) -> str:
    common = next(i for i, (a, b) in enumerate(zip(word, spelling, strict=False)) if a != b)
    for length in range(len(word) - 1, common, -1):
        if keys.endswith(word[:length]):
            return keys[: len(keys) - length + common]
    return keys


def strengths(text: str) -> tuple[str, ...]:
    """Every dosage in a normalised name, bare and with its unit; grams also as milligrams; parts of 5/160 too."""
    found: list[str] = []
    for number, unit in _STRENGTH.findall(text):
        for part in dict.fromkeys((number, *number.split("/"))):
            found += [part, part + unit, *_in_milligrams(part, unit)]
    return tuple(dict.fromkeys(found))


def _in_milligrams(number: str, unit: str) -> list[str]:
    if unit != "g" or "/" in number:
        return []
    milligrams = f"{float(number) * 1000:g}"
    return [milligrams, milligrams + "mg"]


def split_strength(text: str) -> tuple[str, str]:
    """A normalised query as (name, dosage): 타이레놀정500mg → (타이레놀정, 500mg); no dosage at the end: (text, "")."""
    tail = _TAIL_STRENGTH.search(text)
    if not tail or not tail.start():
        return text, ""
    return text[: tail.start()], tail[0]


def strip_form(text: str) -> str:
    """Without the dosage form at the end; at least two characters stay."""
    bare = _FORM.sub("", text)
    return bare if len(bare) >= 2 else text


def brand_of(core: str) -> str:
    """The brand in a normalised name: 타이레놀정500mg → 타이레놀, 오페릴50서방정 → 오페릴, 비타정 → 비타."""
    name, _ = split_strength(strip_form(core))
    bare = strip_form(name)
    cut = re.match(rf"(.*?[가-힣]{{2}}.*?){_NUMBER}(?:mcg|mg|ml|g|iu)", bare)
    if cut:
        bare = strip_form(cut[1])
    return split_strength(bare)[0] or core


def parse_name(name: str) -> Name:
    """A product name as licensed, taken apart for the search columns."""
    outside, groups = split_parentheses(compose(name))
    core = fold_words(outside)
    aliases = [alias for group in groups for alias in _export_names(group)]
    notes = [group.strip() for group in groups if group.strip() and not re.match(r"\s*\S*수출", group)]
    return Name(
        core=core,
        brand=brand_of(core),
        strengths=strengths(core),
        aliases=tuple(dict.fromkeys(alias for alias in aliases if alias != core)),
        notes=tuple(dict.fromkeys(notes)),
        export_only=any(re.match(r"\s*\S*수출용", group) for group in groups),
    )


def _export_names(group: str) -> list[str]:
    named = re.match(r"\s*\S*수출(?:명|용)\s*:?(.*)", group, re.DOTALL)
    return [alias for part in named[1].split(",") if len(alias := normalise(part)) >= 2] if named else []
