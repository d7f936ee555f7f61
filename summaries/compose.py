"""The summary as served: copied sections, the model's sentences where there are some, else the label's own. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from summaries.easy_words import ease
from summaries.omissions import must_keep
from summaries.sentences import SourceSentence
from summaries.vocabulary import HOSTILE

Sentence = dict[str, Any]
Section = dict[str, Any]

# The model may write these; each falls back to the field of the label that it is about.
WRITTEN: Mapping[str, str] = {"effect": "efficacy", "side_effect": "side_effect"}
ORDER = ("effect", "usage", "stop_and_ask", "warning", "precaution", "interaction", "side_effect", "advice", "storage")
COPIED = ("usage", "warning", "precaution", "interaction", "storage")
# A permit's label has hundreds of lines: beyond these, only what must be kept is copied; the detail has the rest.
LONG_SECTION = 40
MOST_EXTRACTED = 20


@dataclass(frozen=True, slots=True)
class Source:
    """A label ready for a summary: its sentences without what is no label text (orders to a machine)."""

    sentences: tuple[SourceSentence, ...]

    @property
    def by_id(self) -> dict[str, SourceSentence]:
        return {sentence.id: sentence for sentence in self.sentences}

    def of(self, field: str) -> list[SourceSentence]:
        return [sentence for sentence in self.sentences if sentence.field == field]


def trusted(sentences: Sequence[SourceSentence]) -> Source:
    """Without sentences that give orders to a machine: they are no advice, whoever planted them."""
    return Source(tuple(s for s in sentences if not HOSTILE.search(s.text)))


def sections(
    source: Source, written: Sequence[Mapping[str, Any]] = (), *, names: Collection[str] = ()
) -> list[Section]:
    """Every section that has a sentence, in ORDER.

    `written`: the model's accepted sentences as stored, {"section", "text", "source": [{"field", "index", "text"}]}.
    """
    made = {**_copied(source), **_plain(source, written, names)}
    return [
        {"name": name, "copied": name in COPIED or name == "stop_and_ask", "sentences": made[name]}
        for name in ORDER
        if made.get(name)
    ]


def copied_ids(made: Sequence[Section]) -> set[str]:
    """Ids of the label's sentences that stand word for word in copied sections."""
    return {
        f"{origin['field']}.{origin['index']}"
        for section in made
        if section["copied"]
        for sentence in section["sentences"]
        for origin in sentence["source"]
    }


def stored(section: str, text: str, sources: Sequence[SourceSentence]) -> Sentence:
    """A sentence of the model's part, with the words it rests on."""
    return {"section": section, "text": text, "source": [origin(s) for s in sources]}


def origin(sentence: SourceSentence) -> dict[str, Any]:
    return {"field": sentence.field, "index": sentence.index, "text": sentence.text}


def _copied(source: Source) -> dict[str, list[Sentence]]:
    keep = must_keep(source.sentences)
    made = {name: [_verbatim(s) for s in _worth(source.of(name), keep)] for name in COPIED}
    # What must be kept of the fields that the model rewords: "…나타나는 경우 복용을 중지하고 의사와 상의", age limits.
    made["stop_and_ask"] = [_verbatim(s) for field in WRITTEN.values() for s in source.of(field) if s.id in keep]
    return made


def _worth(sentences: list[SourceSentence], keep: Collection[str]) -> list[SourceSentence]:
    if len(sentences) <= LONG_SECTION or sentences[0].field == "usage":
        return sentences
    return [s for s in sentences if s.id in keep]


def _plain(source: Source, written: Sequence[Mapping[str, Any]], names: Collection[str]) -> dict[str, list[Sentence]]:
    made: dict[str, list[Sentence]] = {"effect": [], "side_effect": [], "advice": []}
    for sentence in written:
        made[sentence["section"]].append({"text": sentence["text"], "source": sentence["source"]})
    for name, field in WRITTEN.items():
        if not made[name]:
            made[name] = [_eased(s, names) for s in _extracted(source, field)]
    return made


def _extracted(source: Source, field: str) -> list[SourceSentence]:
    """The label's own sentences; a side effect that is copied as a warning already is not said twice."""
    keep = must_keep(source.sentences) if field == "side_effect" else frozenset()
    return [s for s in source.of(field) if s.id not in keep][:MOST_EXTRACTED]


def _verbatim(sentence: SourceSentence) -> Sentence:
    return {"text": sentence.text, "source": [origin(sentence)]}


def _eased(sentence: SourceSentence, names: Collection[str]) -> Sentence:
    return {"text": ease(sentence.text, names=names), "source": [origin(sentence)]}
