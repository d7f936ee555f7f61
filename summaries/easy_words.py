"""The table of hard words: what a label says, in words that people use. Pure, apart from reading the data file once.

The table may be edited: `summaries.word_table` puts the edited one in place with `use`.
"""

import functools
import re
from collections.abc import Collection, Mapping
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "hard_words.tsv"

# The particle after a noun depends on whether it ends in a consonant; pairs are (after a consonant, after a vowel).
_PAIRS = (("으로", "로"), ("이나", "나"), ("이며", "며"), ("과", "와"), ("은", "는"), ("이", "가"), ("을", "를"))
_FIXED = ("에서", "에는", "에게", "에", "의", "도", "만", "까지", "부터", "등", "및", "또는", "처럼", "보다")
PARTICLES = sorted({*(word for pair in _PAIRS for word in pair), *_FIXED}, key=len, reverse=True)
_ADNOMINAL = ("는", "한", "된", "먹는", "의")
_HANGUL = "가-힣A-Za-z0-9"


@functools.cache
def file_words() -> Mapping[str, str]:
    """Hard word → easy words, as the data file has them."""
    lines = (line for line in TABLE.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("\t", 1) for line in lines)


class _Table:
    """The words in use and the pattern that finds them; replaced as one, so that no reader sees half of a change."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words = words
        spelt = "|".join(sorted(map(re.escape, words), key=len, reverse=True)) or "(?!)"
        particles = "|".join(PARTICLES)
        # A word that the label itself explains in brackets is left alone.
        self.pattern = re.compile(rf"(?<![{_HANGUL}])({spelt})({particles})?(?![{_HANGUL}(])")


@functools.cache
def _from_file() -> _Table:
    return _Table(file_words())


_current: _Table | None = None


def use(words: Mapping[str, str] | None) -> None:
    """Put another table in place of the data file's for this process (summaries.word_table); None takes it away."""
    global _current
    _current = None if words is None else _Table(words)


def hard_words() -> Mapping[str, str]:
    """Hard word → easy words, as in use now."""
    return (_current or _from_file()).words


def ease(text: str, *, names: Collection[str] = ()) -> str:
    """The text with hard words replaced, whole words only, never inside one of `names` (products, ingredients)."""
    table = _current or _from_file()
    guarded = _spans(text, names)

    def easier(found: re.Match[str]) -> str:
        word, particle = found[1], found[2] or ""
        easy = table.words[word]
        if any(start < found.end(1) and found.start(1) < end for start, end in guarded):
            return found[0]
        if easy.endswith(_ADNOMINAL) and (particle or text[found.end() : found.end() + 1] != " "):
            return found[0]
        return easy + _fitting(particle, easy)

    return table.pattern.sub(easier, text)


def _spans(text: str, names: Collection[str]) -> list[tuple[int, int]]:
    return [found.span() for name in names if name for found in re.finditer(re.escape(name), text)]


def _fitting(particle: str, before: str) -> str:
    """The form of the particle that goes with the word before it."""
    for closed, opened in _PAIRS:
        if particle in (closed, opened):
            final = _final(before)
            return opened if not final or (closed == "으로" and final == "ㄹ") else closed
    return particle


def _final(word: str) -> str:
    """ "" when the last syllable is open, "ㄹ" when it ends so, else "x"."""
    code = ord(word[-1]) - 0xAC00
    if not 0 <= code < 11172 or code % 28 == 0:
        return ""
    return "ㄹ" if code % 28 == 8 else "x"
