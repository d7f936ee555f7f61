"""Korean words of a sentence, and whether a word stands in a source text. Pure, by rule: no dictionary in memory.

A morphological analyser would name the parts more exactly, but kiwipiepy takes 520 MB a process; here a word that
cannot be traced is refused, so a wrong guess costs a plainer sentence, never a wrong one.
"""

import functools
import re
from collections.abc import Collection
from pathlib import Path

from summaries import wordings
from summaries.vocabulary import DISEASE, MEDICINE, names, plain_words

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
# 소화제, 혈압약
_CLASS = re.compile(r"[가-힣]+[제약]")
_HANGUL = re.compile(r"[가-힣]+")
_EXPLAINED = re.compile(r"[가-힣]+\(([가-힣]+)\)")
_WORD = re.compile(r"[가-힣]+|[A-Za-zα-ωΑ-Ω]+(?:-[A-Za-z]+)*")
_NOUN_PART, _VERB_PART = (
    [word for line in part.splitlines() if not line.startswith("#") for word in line.split()]
    for part in (Path(__file__).parent / "data" / "endings.txt").read_text("utf-8").split("----")
)
_PARTICLES = frozenset(_NOUN_PART)
_LONGEST_PARTICLE = max(map(len, _PARTICLES))
_ENDING = re.compile(f"(?:{'|'.join(_VERB_PART)})*")
# What makes a verb of a noun or a sound (건조해지-, 두근거리-), before its ending.
_TAIL = re.compile(
    rf"(?:거리|거려|거린|거릴|거림|거렸|해지|해져|하|해|한|할|함|되|돼|된|될|됨|지|져|진|질|짐|시키|시켜|스러|스럽|적|약|증|우|워|운|울|움|히|힌|힐|혀|혔|리|린|릴|려|렸|기|긴|길|겨|겼|여|였|됐|했)?{_ENDING.pattern}"
)
# 건조함, 충혈되거나: a noun that was made a verb.
# 항진증, 비염약: a name with what it is behind it.
_MADE_VERB = re.compile(
    r"(.{2,}?)(?:[함한할됨된될]|증[이을은]?|약(?:[이을은과]|이나)?|(?:하|해|되|돼|시키|시켜)[가-힣]{0,3})"
)
_VERB_FINALS = frozenset({4, 8, 16, 17, 20})
_LONGEST_ENDING = 4
# ㅕ from ㅣ, ㅘ from ㅗ, ㅝ from ㅜ: places among the vowels of a syllable.
_CONTRACTED = {6: 20, 9: 8, 14: 13}
_PARTICLES_BEHIND_LATIN = frozenset("은는이가을를과와의에도만로나")
# 징조입니다: a noun, whatever follows it.
_IS = re.compile(r"[가-힣]{2}(?:입니다|이에요|예요)$")
_AND = re.compile(r"(?:하고|하며|하거나|하면|하는)$")


def words(text: str) -> list[str]:
    """Runs of Hangul and of Latin letters."""
    return _WORD.findall(text)


@functools.lru_cache(maxsize=4096)
def stems(word: str) -> list[str]:
    """The word, and the word without the particle or ending that it may carry, longest first."""
    lengths = range(min(_LONGEST_PARTICLE, len(word) - 1), 0, -1)
    return [word, *(word[:-length] for length in lengths if word[-length:] in _PARTICLES)]


@functools.lru_cache(maxsize=4096)
def is_plain(word: str) -> bool:
    """An everyday word that needs no source. A stem of one syllable counts with a verb's ending only."""
    whole, beginnings = plain_words()
    if word in _PARTICLES_BEHIND_LATIN:
        return True
    if any(stem in whole for stem in stems(word)):
        return True
    lengths = range(2, len(word) + 1)
    if any(word[:length] in beginnings for length in lengths):
        return True
    if any(_begins(word[:length], beginnings) and _ENDING.fullmatch(word, length) for length in lengths):
        return True
    return word[:1] in beginnings and _ENDING.fullmatch(word, 1) is not None


def _begins(beginning: str, stems: Collection[str]) -> bool:
    """Whether it is one of the stems, as it is or drawn together with an ending: 졸릴, 졸림, 졸려 are 졸리-."""
    if beginning in stems or (opened := _opened(beginning)) in stems:
        return True
    return len(beginning) > 1 and _uncontracted(opened) in stems


class Source:
    """A source text in the forms that words are looked up in."""

    def __init__(self, *texts: str) -> None:
        text = "\n".join(dict.fromkeys(texts))
        self._words = frozenset(word.lower() for word in words(text))
        self.squeezed = wordings.squeezed(text)

    def has(self, word: str) -> bool:
        """Whether the word or its stem stands in the text; a syllable or a Latin word only as a whole word of it."""
        if word.lower() in self._words:
            return True
        if word.isascii():
            return False
        found = stems(word)
        if any(len(stem) > 1 and stem in self.squeezed for stem in found):
            return True
        return any(len(stem) == 1 and stem in self._syllables for stem in found) or self._rewords(word)

    @functools.cached_property
    def _syllables(self) -> frozenset[str]:
        """팔 for "팔의": a syllable is a word of the text when it stands there alone or with a particle."""
        return frozenset(word[0] for word in self._words if len(word) == 1 or word[1:] in _PARTICLES)

    @functools.cached_property
    def _roots(self) -> frozenset[str]:
        """굳 for "굳어지고": a verb of one syllable may have another ending."""
        return frozenset(word[0] for word in self._words if len(word) > 1 and _ENDING.fullmatch(word, 1))

    @functools.cached_property
    def _opened(self) -> str:
        return " ".join(map(_opened, self._words))

    @functools.cached_property
    def _wordings(self) -> tuple[frozenset[str], frozenset[str]]:
        return wordings.allowed(self.squeezed)

    def _rewords(self, word: str) -> bool:
        """Whether it is another form of a word of the text, or a plain wording of what the text names."""
        made = _MADE_VERB.fullmatch(word)
        if made and made[1] in self.squeezed:
            return True
        if any(len(stem) > 1 and _opened(stem) in self._opened for stem in stems(word)):
            return True
        if word[0] in self._roots and _ENDING.fullmatch(word, 1):
            return True
        return _worded(word, *self._wordings)


def names_a_thing(word: str) -> bool:
    """Whether it is a plain wording of anything that a label may name: no word of the model's own, then."""
    return not wordings.named().isdisjoint(stems(word)) or _worded(word, *wordings.everything())


def may_be_a_name(word: str) -> bool:
    """Whether a word that nobody knows could be a medicine's, an ingredient's or a disease's name."""
    found = stems(word)
    if not _HANGUL.fullmatch(word) or any(map(_names, found)) or not names().isdisjoint(found):
        return True
    return any(map(_CLASS.fullmatch, found)) or (min(map(len, found)) > 3 and not verb_like(word))


def is_substance(word: str) -> bool:
    """Whether a word of a label ends as medicines and ingredients do, or is listed as a name."""
    found = stems(word)
    return any(map(MEDICINE.search, found)) or not names().isdisjoint(found)


def is_order(word: str) -> bool:
    """Whether a word bids the reader do something."""
    return word.endswith(("하세요", "으세요", "십시오", "하시오", "해라", "하라"))


def missing(source: str, text: str) -> list[str]:
    """The words of a source that a text has neither as they are nor in a plain wording."""
    said, told = Source(text), words(text)
    left = [word for word in words(source) if not is_plain(word) and not said.has(word)]
    return [word for word in left if not any(_worded(t, *wordings.allowed(wordings.squeezed(word))) for t in told)]


def _worded(word: str, whole: Collection[str], beginnings: Collection[str]) -> bool:
    return any(stem in whole for stem in stems(word)) or any(
        _begins(word[:length], beginnings) and _inflects(word, word[:length]) for length in range(1, len(word) + 1)
    )


def _opened(word: str) -> str:
    """The word without a last ㄴ, ㄹ, ㅁ, ㅂ or ㅆ, which a verb's ending leaves: 헹군 and 헹굼 are both 헹구."""
    code = ord(word[-1]) - 0xAC00
    return word[:-1] + chr(0xAC00 + code - code % 28) if 0 <= code < 11172 and code % 28 in _VERB_FINALS else word


def _uncontracted(word: str) -> str:
    """The word with the last vowel as it was before 어 or 아 joined it: 지어 is 져, 추어 is 춰, 오아 is 와."""
    code = ord(word[-1]) - 0xAC00
    vowel = _CONTRACTED.get(code // 28 % 21) if 0 <= code < 11172 and not code % 28 else None
    return word if vowel is None else word[:-1] + chr(ord(word[-1]) + (vowel - code // 28 % 21) * 28)


def _inflects(word: str, stem: str) -> bool:
    """Whether the word is the stem with an ending; 피부암 is no ending of 피부-, nor is any other name."""
    if not word.startswith(stem) or len(word) > len(stem) + _LONGEST_ENDING:
        return False
    if len(stem) == 1:
        return _ENDING.fullmatch(word, 1) is not None
    rest = word[len(stem) :]
    if rest and rest not in _PARTICLES and not _TAIL.fullmatch(rest):
        return False
    return not any(name != stem and _names(name) for name in stems(word))


def _names(word: str) -> bool:
    return bool(DISEASE.search(word) or MEDICINE.search(word))


def without_brackets(text: str) -> str:
    """The text without what stands in round or square brackets."""
    if ")" not in text and "]" not in text:
        return text
    while (shorter := _BRACKETS.sub("", text)) != text:
        text = shorter
    return text


def with_brackets_taken(text: str) -> str:
    """The text with what brackets explain in place of what they explain: 활액(윤활)낭염 is 윤활낭염, too."""
    return _EXPLAINED.sub(r"\1", text)


def verb_like(word: str) -> bool:
    """Whether the word ends as verbs do: it may be a wording of the model's own, but is no name (나프록센하고)."""
    if _IS.search(word):
        return False
    if (noun := _AND.sub("", word)) != word and (len(noun) > 2 or _names(noun)):
        return False
    return bool(
        re.search(
            r"(?:요|니다|세요|거나|면서|도록|려고|려면|어서|아서|해서|여서|지만|는데|으면|으며|어도|아도|[았었했렀졌켰췄꼈났왔갔셨렸쳤겼](?:을|다면|던|거나)|[하되][는고면며지]|(?<![연창광])고|[할될]|거[릴린]|[이히리기]는|[어아]지[는면고])$",
            word,
        )
    )
