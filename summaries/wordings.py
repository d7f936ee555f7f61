"""The table of plain wordings: which everyday words may stand for what a label names. Read once; for the gate alone.

The table of hard words is what we write; this one is what a model may write. It is looser (복부팽만 → 배가 더부룩), and
a wording counts only where the label names the thing.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from summaries.easy_words import hard_words

TABLE = Path(__file__).parent / "data" / "wordings.tsv"
_MAY_NEGATE = re.compile("[없안못않]")
_NEGATOR = re.compile(r"없|_안_|_못_|지_[않못]")
# What an idiom's last syllable may be followed by; never a negation of its own.
_TAIL = r"(?:(?![않마못없말])[가-힣]){0,3}"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One line: any of `named` in a label (no blanks) allows the words, the stems and the idioms."""

    named: tuple[str, ...]
    words: frozenset[str]
    stems: tuple[str, ...]
    idioms: tuple[str, ...]


@functools.cache
def rows() -> tuple[Row, ...]:
    """The table's lines."""
    lines = (line for line in TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return tuple(_row(*line.split("\t")) for line in lines)


@functools.cache
def _by_idiom() -> dict[str, tuple[Row, ...]]:
    idioms = {idiom for row in rows() for idiom in row.idioms}
    return {idiom: tuple(row for row in rows() if idiom in row.idioms) for idiom in idioms}


@functools.cache
def _patterns() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern for every idiom, and the idiom that each written form is."""
    idioms = sorted(_by_idiom(), key=len, reverse=True)
    written = {idiom.replace("_", ""): idiom for idiom in idioms}
    # "입맛도 없", "입맛이 전혀 없"
    pattern = "|".join(idiom.replace("_", r"\s?") for idiom in idioms)
    return re.compile(rf"(?<![가-힣])({pattern}){_TAIL}"), written


@functools.cache
def _opposites() -> tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], Row], ...]]:
    """ "입맛이 있" for "입맛이 없": what an idiom becomes when its negation is taken away; any of them, and each."""
    pairs = [(_affirmed(idiom), row) for idiom, found in _by_idiom().items() for row in found]
    each = tuple((re.compile(rf"(?<![가-힣]){text}(?!기)"), row) for text, row in pairs)
    return re.compile("|".join(sorted({text for text, _ in pairs}))), each


def allowed(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words and the stems that a label allows, with the easy wording of its hard words.

    `source`: its text as `squeezed` gives it, as for all below.
    """
    found = _named_in(source)
    easier = (easy.split() for hard, easy in hard_words().items() if hard in source)
    words = frozenset[str]().union(*(row.words for row in found), *easier)
    return words, frozenset(stem for row in found for stem in row.stems)


@functools.cache
def everything() -> tuple[frozenset[str], frozenset[str]]:
    """The words and the stems of all lines."""
    return frozenset().union(*(row.words for row in rows())), frozenset(stem for row in rows() for stem in row.stems)


@functools.cache
def named() -> frozenset[str]:
    """What labels name, as the table has it."""
    return frozenset(name for row in rows() for name in row.named)


@functools.cache
def _by_beginning() -> dict[str, tuple[tuple[str, Row], ...]]:
    """The first two syllables of each name (or its only one) → names and rows: a text is looked through once."""
    found: dict[str, list[tuple[str, Row]]] = {}
    for row in rows():
        for name in row.named:
            found.setdefault(name[:2], []).append((name, row))
    return {beginning: tuple(names) for beginning, names in found.items()}


def _named_in(source: str) -> set[Row]:
    index = _by_beginning()
    beginnings = {*source, *map(str.__add__, source, source[1:])}
    named = (pair for beginning in beginnings for pair in index.get(beginning, ()))
    return {row for name, row in named if name in source}


@functools.lru_cache(maxsize=256)
def without_idioms(text: str, source: str) -> str:
    """The text with each idiom of a symptom replaced by the label's word for it, where the label names it.

    "입맛이 없고" is 식욕부진, not a negation. An idiom that the label itself uses goes too.
    """
    if not _MAY_NEGATE.search(text):
        return text
    pattern, written = _patterns()

    def label_word(found: re.Match[str]) -> str:
        said = squeezed(found[1])
        if said in source:
            return " "
        names = (name for row in _by_idiom()[written[said]] for name in row.named if name in source)
        return next(names, found[0])

    return pattern.sub(label_word, text)


def turned_round(text: str, source: str) -> str:
    """The first idiom that lost its negation ("입맛이 있" for 식욕부진), or ""."""
    anything, each = _opposites()
    if not anything.search(text):
        return ""
    for pattern, row in each:
        found = pattern.search(text)
        if found and squeezed(found[0]) not in source and any(name in source for name in row.named):
            return found[0]
    return ""


def _row(named: str, wordings: str) -> Row:
    parts = wordings.split()
    idioms = tuple(part for part in parts if _NEGATOR.search(part))
    stems = tuple(part[:-1] for part in parts if part.endswith("-"))
    # A noun of one syllable carries particles as well as a verb's endings.
    words = frozenset(part for part in parts if not part.endswith("-") and part not in idioms)
    words |= {stem for stem in stems if len(stem) == 1}
    return Row(tuple(map(squeezed, named.split(","))), words, stems, idioms)


def _affirmed(idiom: str) -> str:
    plain = idiom.replace("없음", "있음").replace("없", "있").replace("_안_", "_").replace("_못_", "_")
    return re.sub("지_[않못]", "", plain).replace("_", r"\s?")


def squeezed(text: str) -> str:
    """In lower case without blanks and hyphens: "뉴-퀴놀론계" is 뉴퀴놀론계."""
    return re.sub(r"[\s-]+", "", text).lower()
