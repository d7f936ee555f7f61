"""One summary beside its label, for the eyes of a curator: plain values for the templates. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from medicines.selectors.label_text import LabelText, label_text
from summaries import selectors
from summaries.compose import Source, sections
from summaries.models import CustomSummary, Summary
from summaries.sentences import SourceSentence

SECTIONS: Mapping[str, str] = {
    "effect": "효능",
    "usage": "쓰는 법",
    "stop_and_ask": "멈추고 물어볼 때",
    "warning": "경고",
    "precaution": "주의",
    "interaction": "함께 쓰면 안 되는 것",
    "side_effect": "부작용",
    "advice": "생활에서 알아 둘 것",
    "storage": "보관",
}
FIELDS: Mapping[str, str] = {
    "efficacy": "효능·효과",
    "usage": "용법·용량",
    "warning": "경고",
    "precaution": "주의사항",
    "interaction": "상호작용",
    "side_effect": "부작용",
    "storage": "보관법",
}
CLASSES: Mapping[str, str] = {
    "contraindication": "금기",
    "pregnancy": "임부·수유부",
    "age": "나이",
    "alcohol": "음주",
    "interaction": "함께 먹는 약",
    "stop_and_ask": "중단하고 상의",
}
RULES: Mapping[str, str] = {
    "known_sources": "근거 번호가 없거나 설명서에 없음",
    "allowed_fields": "다른 항목의 문장을 근거로 삼음",
    "one_voice": "뜻이 다른 문장들을 한 문장으로 묶음",
    "characters": "한글과 보통 부호가 아닌 글자",
    "shape": "길이·문장 수·한글이 맞지 않음",
    "markup": "링크나 꾸밈 기호",
    "hostile": "기계에게 내리는 지시",
    "quantity": "수나 양을 씀",
    "banned": "쓸 수 없는 약속·진단·용량 변경",
    "negation": "하지 말라는 말이 늘거나 줄어듦",
    "polarity": "주의·상의·중단·빈도의 말이 다름",
    "bound": "원문에 없는 허락·범위·때를 더함",
    "direction": "방향이 거꾸로임 (늘다·줄다, 전·후 등)",
    "population": "대상이 다름 (임부, 어린이, 고령자 등)",
    "disease": "원문에 없는 병이나 증상",
    "medicine": "원문에 없는 약이나 성분",
    "unknown_word": "원문에 없는 낱말",
    "overlap": "원문과 겹치는 내용이 적음",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of the label with what stands before and after it; `id` is "" when the label has it no more."""

    id: str
    field: str
    text: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence of the summary and the lines it rests on."""

    section: str
    text: str
    sources: tuple[Line, ...]
    rule: str = ""
    detail: str = ""

    @property
    def section_name(self) -> str:
        return SECTIONS.get(self.section, self.section)

    @property
    def rule_name(self) -> str:
        return RULES.get(self.rule, self.rule)

    @property
    def lost(self) -> bool:
        return any(not line.id for line in self.sources)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`changed`: the label is not the one the text was made from. `shown`: what a reader gets now (api: summary)."""

    row: Summary | CustomSummary
    label: LabelText | None
    source: Source
    changed: bool
    written: tuple[Pair, ...]
    refused: tuple[Pair, ...]
    copied: tuple[Mapping[str, Any], ...]
    coverage: tuple[tuple[str, int, int], ...]
    shown: Mapping[str, Any] = field(default_factory=dict)


def compare(*, row: Summary | CustomSummary) -> Comparison:
    """Two queries of the label, one of the row that readers see."""
    label = label_text(item_seq=row.item_seq)
    if label is None or not label.sections:
        return Comparison(row, None, Source(()), False, _pairs(row.sections, Source(())), (), (), ())
    source = selectors.source_of(label, row.keyword)
    return Comparison(
        row=row,
        label=label,
        source=source,
        changed=row.source_hash not in ("", label.source_hash),
        written=_pairs(row.sections, source),
        refused=tuple(_refused(fired, source) for fired in row.checks.get("fired", ())),
        copied=_copied(source),
        coverage=_coverage(row.checks.get("coverage", {})),
        shown=selectors.read(item_seq=row.item_seq, keyword=row.keyword).body,
    )


def bound(origins: Iterable[Mapping[str, Any]], source: Source) -> list[SourceSentence | None]:
    """The label's present sentences with the very words of the stored ones: at their place, else anywhere in the field.

    None: the label has them no more.
    """
    return [_bound(origin, source) for origin in origins]


def _bound(origin: Mapping[str, Any], source: Source) -> SourceSentence | None:
    at_place = source.by_id.get(f"{origin['field']}.{origin['index']}")
    if at_place is not None and at_place.text == origin["text"]:
        return at_place
    return next((s for s in source.of(origin["field"]) if s.text == origin["text"]), None)


def line(sentence: SourceSentence, source: Source) -> Line:
    """A sentence in its surroundings."""
    around = source.of(sentence.field)
    place = around.index(sentence)
    before = around[place - 1].text if place else ""
    after = around[place + 1].text if place + 1 < len(around) else ""
    return Line(sentence.id, FIELDS[sentence.field], sentence.text, before, after)


def _pairs(written: Sequence[Mapping[str, Any]], source: Source) -> tuple[Pair, ...]:
    return tuple(Pair(w["section"], w["text"], _lines(w["source"], source)) for w in written)


def _lines(origins: Sequence[Mapping[str, Any]], source: Source) -> tuple[Line, ...]:
    found = zip(origins, bound(origins, source), strict=True)
    return tuple(line(s, source) if s else Line("", FIELDS.get(o["field"], ""), o["text"]) for o, s in found)


def _refused(fired: Mapping[str, Any], source: Source) -> Pair:
    known = source.by_id
    lines = tuple(line(known[id_], source) for id_ in fired.get("source", ()) if id_ in known)
    return Pair(fired.get("section", ""), fired.get("text", ""), lines, fired.get("rule", ""), fired.get("detail", ""))


def _copied(source: Source) -> tuple[Mapping[str, Any], ...]:
    made = (section for section in sections(source) if section["copied"])
    return tuple({"name": SECTIONS[s["name"]], "texts": [one["text"] for one in s["sentences"]]} for s in made)


def _coverage(counts: Mapping[str, Sequence[int]]) -> tuple[tuple[str, int, int], ...]:
    return tuple((CLASSES.get(name, name), pair[0], pair[1]) for name, pair in counts.items())
