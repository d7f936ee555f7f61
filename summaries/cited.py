"""What a claim rests on: the cited sentences of the label in the forms that the gate looks at. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from summaries import bounds, vocabulary, words
from summaries.easy_words import ease
from summaries.sentences import SourceSentence


@dataclass(frozen=True, slots=True)
class Cited:
    """The text a claim rests on: `plain` as in the label, `bare` without brackets, `eased` with hard words replaced."""

    plain: str
    bare: str
    eased: str
    source: words.Source
    # Whether the sentences say the same of what they name, and whether the medicine is one to swallow.
    alike: bool = True
    eaten: bool = True


def cited_text(
    sentences: Sequence[SourceSentence], known: Mapping[str, SourceSentence], *, names: Collection[str] = ()
) -> Cited:
    """The cited sentences with the headings they stand under, without which a list item has no polarity."""
    ids = [id_ for s in sentences for id_ in (*(f"{s.field}.{i}" for i in s.headings), s.id)]
    plain = "\n".join(known[id_].text for id_ in dict.fromkeys(ids) if id_ in known)
    bare, eased = words.without_brackets(plain), ease(plain, names=names)
    simple = eased if bare == plain else ease(bare, names=names)
    source = words.Source(plain, bare, eased, simple, words.with_brackets_taken(plain))
    return Cited(plain, bare, eased, source, len(sentences) < 2 or _alike(sentences, known), _eaten(plain, known))


def _eaten(plain: str, known: Mapping[str, SourceSentence]) -> bool:
    """Whether the cited sentences, or how the label says to use it, speak of swallowing."""
    if bounds.EATING.search(plain):
        return True
    usage = [s.text for s in known.values() if s.field == "usage"] or [s.text for s in known.values()]
    return any(map(bounds.EATING.search, usage))


def _alike(sentences: Sequence[SourceSentence], known: Mapping[str, SourceSentence]) -> bool:
    """Whether each of them, under its headings, has the same markers as often as the others."""
    texts = (
        "\n".join(known[id_].text for i in s.headings if (id_ := f"{s.field}.{i}") in known) + s.text for s in sentences
    )
    bare = map(words.without_brackets, texts)
    return len({(vocabulary.negations(text), frozenset(vocabulary.polarity(text).items())) for text in bare}) == 1
