"""Korean words of a sentence, and whether a word stands in a source text. Pure, by rule: no dictionary in memory.

A morphological analyser would name the parts more exactly, but kiwipiepy takes 520 MB a process; here a word that cannot
be traced is refused, so a wrong guess costs a plainer sentence, never a wrong one.
"""

import re

from summaries.vocabulary import plain_words

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[가-힣]+|[A-Za-zα-ωΑ-Ω]+(?:-[A-Za-z]+)*")
_PARTICLES = tuple(
    sorted(
        (
            "은 는 이 가 을 를 과 와 의 에 도 만 로 으로 에서 에는 에게 까지 부터 이나 나 이며 며 이고 고 인 일 등 등이 등의 등을 들 들은 들이 들의 처럼 보다 마다 씩 "
            "이라 라 이라면 라면 이란 란 이에요 예요 입니다 이다 이면 면 인데 이거나 거나 에도 에만 으로도 로도 하고 하는 하면 하여 해 해서 한 할 합니다 해요 하며 하거나 하지 하기 "
            "하게 했 했을 했던 하세요 하십시오 되는 되면 되어 돼 된 될 됩니다 되거나 되지 시 시에 시키는 시켜 적 적인 적으로 성 성의 용 중 후 전 뒤 때 때는 때에 있는 있으면 있을 없는 없이 "
            "같은 이란 이든 든 이라도 라도 부터는 까지는 에서는 에게는 과의 와의 으로의 에의 하신 하실 되신 이신 인지 이었던 였던"
        ).split(),
        key=len,
        reverse=True,
    )
)
_ENDING = re.compile(
    r"(?:고|면|며|서|지|게|기|니|다|던|는|은|을|를|거나|도록|려고|려면|어|아|여|해|했|요|세|시|신|실|셔|십시오|습니다|니다|었|았|였|있|수|때|만|도|에|의|로|으|이|가|나|든|라|자|네|데|죠|야|줘|드려|주)*"
)


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
