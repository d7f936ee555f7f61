"""Label sections as numbered source sentences. Pure; anyone in `summaries` may call it.

Our own splitter by rule: labels end their sentences in a handful of ways, often with no space after the full stop, and
are full of brackets and numbers. kiwipiepy 0.24 needs 5 s and 520 MB to start and cuts inside brackets.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FIELDS = ("efficacy", "usage", "warning", "precaution", "interaction", "side_effect", "storage")

# 다. 오. 요. 것. 함. and the like, with a remark in brackets behind them; the stop must not close a bracket.
_END = re.compile(r"(?<=[다오요것함음됨임])[.?!]+(?:\s?\([^()]{1,40}\))?(?=\s|[^\s.,()\]}~])")
# "영.유아" and "급.만성" are lists of words. What follows 오, 요, 다 without a space does start a sentence.
_SPACED_END = frozenset("것함음됨임")
_ITEM = re.compile(r"(?<![^\s.])(?=(?:\d{1,2}\)|\(\d{1,2}\)|[①-⑳]|[○●◦•▶※])\s*\S)")
_MARKER = re.compile(r"(?:\d{1,2}[.)]|\(\d{1,2}\)|[①-⑳]|[가-하][.)]|[○●◦•▶※·ㆍ―–-])\s*(?=\S)")
_HEADING = re.compile(r"\d{1,2}\.\s*\S.{0,120}|.{2,120}(?:것|사람|환자|경우|부위|약물|다음과 같다):?")
_OPENING, _CLOSING = "([{〔「", ")]}〕」"


@dataclass(frozen=True, slots=True)
class SourceSentence:
    """One sentence of a label.

    `field` is a label section, `index` its place there from 0; `headings` are the indexes of the lines it stands under
    ("2. 다음 환자에는 투여하지 말 것"), without which a list item would say nothing, or the opposite.
    """

    field: str
    index: int
    text: str
    headings: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.field}.{self.index}"

    @property
    def hash(self) -> str:
        """16 hex digits that change with the text alone."""
        return hashlib.blake2b(self.text.encode(), digest_size=8).hexdigest()

    @property
    def is_item(self) -> bool:
        return bool(_MARKER.match(self.text))


def source_sentences(sections: Mapping[str, str]) -> tuple[SourceSentence, ...]:
    """Every sentence of a label, section by section in the order of FIELDS."""
    return tuple(sentence for field in FIELDS for sentence in _of_section(field, sections.get(field, "")))


def split(text: str) -> list[str]:
    """The sentences of one text: lines first, then list items and sentence ends outside brackets."""
    return [part for line in text.split("\n") for part in _of_line(line.strip())]


def without_marker(text: str) -> str:
    """The sentence without the number or bullet of its list."""
    return _MARKER.sub("", text, count=1) if _MARKER.match(text) else text


def _of_section(field: str, text: str) -> Iterator[SourceSentence]:
    article: int | None = None
    intro: int | None = None
    for index, part in enumerate(split(text)):
        is_article, is_item = bool(re.match(r"\d{1,2}\.\s*\D", part)) and not _ends(part), bool(_MARKER.match(part))
        if is_article:
            article, intro = index, None
        above = tuple(i for i in (article, intro if is_item else None) if i is not None and i != index)
        yield SourceSentence(field, index, part, above)
        if not is_item and not is_article:
            intro = index if _introduces(part) else None


def _introduces(part: str) -> bool:
    """Whether a line speaks for the list items below it."""
    return (
        part.endswith(":")
        or bool(re.search(r"다음(?:과|의|에| )", part))
        or (_HEADING.fullmatch(part) is not None and not _ends(part))
    )


def _ends(part: str) -> bool:
    return part.endswith((".", "?", "!"))


def _of_line(line: str) -> Iterator[str]:
    start = 0
    for cut in _cuts(line):
        if part := line[start:cut].strip():
            yield part
        start = cut
    if rest := line[start:].strip():
        yield rest


def _cuts(line: str) -> list[int]:
    inside = _inside_brackets(line)
    ends = (found.end() for found in _END.finditer(line) if _is_end(line, found))
    items = (found.start() for found in _ITEM.finditer(line) if found.start())
    return sorted({cut for cut in (*ends, *items) if not (cut < len(line) and inside[cut - 1])})


def _is_end(line: str, found: re.Match[str]) -> bool:
    after = line[found.end() : found.end() + 1]
    return after.isspace() or line[found.start() - 1] not in _SPACED_END


def _inside_brackets(line: str) -> list[bool]:
    """For each character, whether it stands between a bracket and its partner; a lone bracket counts for nothing."""
    inside, opened = [False] * len(line), list[int]()
    for place, char in enumerate(line):
        if char in _OPENING:
            opened.append(place)
        elif char in _CLOSING and opened:
            start = opened.pop()
            inside[start:place] = [True] * (place - start)
    return inside
