"""Korean words of a sentence, and whether a word stands in a source text. Pure, by rule: no dictionary in memory.

A morphological analyser would name the parts more exactly, but kiwipiepy takes 520 MB a process; here a word that
cannot be traced is refused, so a wrong guess costs a plainer sentence, never a wrong one.
"""

import re
from pathlib import Path

from summaries.vocabulary import plain_words

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[가-힣]+|[A-Za-zα-ωΑ-Ω]+(?:-[A-Za-z]+)*")
_NOUN_PART, _VERB_PART = (
    [word for line in part.splitlines() if not line.startswith("#") for word in line.split()]
    for part in (Path(__file__).parent / "data" / "endings.txt").read_text("utf-8").split("----")
)
_PARTICLES = tuple(sorted(_NOUN_PART, key=len, reverse=True))
_ENDING = re.compile(f"(?:{'|'.join(_VERB_PART)})*")


def words(text: str) -> list[str]:
    """Runs of Hangul and of Latin letters."""
    return _WORD.findall(text)


def stems(word: str) -> list[str]:
    """The word, and the word without each particle or ending it may carry, longest first."""
    bare = (word.removesuffix(particle) for particle in _PARTICLES if word.endswith(particle))
    return [word, *(stem for stem in bare if stem)]


def is_plain(word: str) -> bool:
    """An everyday word that needs no source. A stem of one syllable counts with a verb's ending only."""
    whole, beginnings = plain_words()
    if any(stem in whole for stem in stems(word)):
        return True
    return any(
        word.startswith(stem) and (len(stem) > 1 or _ENDING.fullmatch(word, len(stem)) is not None)
        for stem in beginnings
    )


class Source:
    """A source text in the forms that words are looked up in."""

    def __init__(self, *texts: str) -> None:
        text = "\n".join(texts)
        self._words = frozenset(word.lower() for word in words(text))
        self._squeezed = re.sub(r"\s+", "", text).lower()

    def has(self, word: str) -> bool:
        """Whether the word or its stem stands in the text. A syllable or a Latin word counts only as a whole word."""
        if word.lower() in self._words:
            return True
        return not word.isascii() and any(len(stem) > 1 and stem in self._squeezed for stem in stems(word))


def without_brackets(text: str) -> str:
    """The text without what stands in round or square brackets."""
    while (shorter := _BRACKETS.sub("", text)) != text:
        text = shorter
    return text


def verb_like(word: str) -> bool:
    """Whether the word ends as verbs do: it may be a wording of the model's own, but is no name."""
    return bool(
        re.search(
            r"(?:요|니다|세요|거나|면서|도록|려고|려면|어서|아서|해서|여서|지만|는데|으면|으며|어도|아도|[았었했]을|[하되][는고면며지]|[이히리기]는|[어아]지[는면고])$",
            word,
        )
    )
