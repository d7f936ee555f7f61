"""The gate against mutated sentences of real labels: what share of each kind it catches, what it refuses wrongly."""

import gzip
import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import harness
from benchmarks.results import Cell, Result, Table
from medicines.labels import clean_text
from summaries.compose import Source, copied_ids, sections, trusted
from summaries.easy_words import ease
from summaries.grounding import Claim, judge
from summaries.omissions import coverage, omitted
from summaries.quantities import first_quantity
from summaries.sentences import SourceSentence, source_sentences

DUMP = harness.FULL / "easydrug.jsonl.gz"
FIELDS = {
    "efficacy": "efcyQesitm",
    "usage": "useMethodQesitm",
    "warning": "atpnWarnQesitm",
    "precaution": "atpnQesitm",
    "interaction": "intrcQesitm",
    "side_effect": "seQesitm",
    "storage": "depositMethodQesitm",
}
SECTION_OF = {"efficacy": "effect", "side_effect": "side_effect"}
LONGEST = 280

_ENDINGS = (("십시오", "세요"), ("됩니다", "돼요"), ("합니다", "해요"), ("있습니다", "있어요"), ("않습니다", "않아요"))
_NEGATED = (
    (r"하지 마십시오", "하십시오"),
    (r"하지 마세요", "하세요"),
    (r"하지 않", "하"),
    (r"지 마십시오", "십시오"),
    (r"지 마세요", "세요"),
    (r"피하", "찾"),
    (r"피해", "찾아"),
    (r"없", "있"),
)
_AFFIRMED = (
    (r"사용합니다", "사용하지 않습니다"),
    (r"쓰는 약", "쓰지 않는 약"),
    (r"사용해요", "사용하지 않아요"),
    (r"보관하", "보관하지 않"),
    (r"복용하십시오", "복용하지 마십시오"),
    (r"상의하", "상의하지 않"),
    (r"상담하", "상담하지 않"),
    (r"있습니다", "없습니다"),
    (r"있어요", "없어요"),
    (r"중지하", "중지하지 않"),
)
_GROUPS = (
    ("임부", "임신하고 있을 가능성이 있는 여성", "임신한 사람"),
    ("수유부", "젖을 먹이는 사람"),
    ("고령자", "나이 드신 분", "노인"),
    ("소아", "어린이"),
    ("영아", "아기"),
    ("유아", "어린아이"),
)
_SWAPS = ("임부", "유아", "고령자", "어린이", "수유부", "성인")
_UNITS = ("밀리그램", "정", "캡슐", "mL", "시간", "방울")


@dataclass(slots=True)
class Tally:
    """Counts by kind of mutation: [caught, all]; `missed` keeps a few examples."""

    caught: dict[str, list[int]] = field(default_factory=dict)
    missed: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, *, caught: bool, example: str) -> None:
        counts = self.caught.setdefault(kind, [0, 0])
        counts[0] += caught
        counts[1] += 1
        if not caught:
            self.missed.setdefault(kind, []).append(example)

    def share(self, kind: str) -> float:
        caught, total = self.caught[kind]
        return caught / total


Mutation = Callable[[str, "Context"], str | None]


@dataclass(frozen=True, slots=True)
class Context:
    """What mutations draw from: chance, ingredients of other products, sentences of other products."""

    chance: random.Random
    ingredients: Sequence[str]
    others: Mapping[str, Sequence[str]]
    section: str


def labels(dump: Path = DUMP) -> list[tuple[str, Source]]:
    """(product name, sentences) of every product in the dump."""
    opened = gzip.open if dump.suffix == ".gz" else open
    with opened(dump, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (row["itemName"], trusted(source_sentences({name: clean_text(row[key]) for name, key in FIELDS.items()})))
        for row in rows
    ]


def in_plain_words(text: str) -> str:
    """A rewording by rule, as far from the source as one can go without a model."""
    for formal, plain in _ENDINGS:
        text = text.replace(formal, plain)
    text = re.sub(r"^이 약은\s*(.+?)에 사용해요\.?$", r"\1에 쓰는 약이에요.", text)
    return ease(text)


def number(text: str, at: Context) -> str | None:
    quantity = at.chance.choice(("1회 2정", "두 알", "하루 세 번", "4,000 mg", "여덟 알", "반 알", "２캡슐", "1~2회"))
    return _inserted(text, quantity + " ", at)


def unit(text: str, at: Context) -> str | None:
    return _inserted(text, f"{at.chance.choice(('한', '두', '세', '열', '5', '10'))} {at.chance.choice(_UNITS)} ", at)


def negation_dropped(text: str, at: Context) -> str | None:
    return _first_changed(text, _NEGATED, at)


def negation_added(text: str, at: Context) -> str | None:
    return _first_changed(text, _AFFIRMED, at)


def population_swapped(text: str, at: Context) -> str | None:
    found = [(word, group) for group in _GROUPS for word in group if word in text]
    if not found:
        return None
    word, group = at.chance.choice(found)
    other = at.chance.choice([swap for swap in _SWAPS if swap not in group])
    return text.replace(word, other, 1)


def drug_swapped(text: str, at: Context) -> str | None:
    named = [name for name in at.ingredients if name in text]
    other = at.chance.choice([name for name in at.ingredients if name not in text])
    return text.replace(at.chance.choice(named), other, 1) if named else _inserted(text, f"{other} 또는 ", at)


def merged(text: str, at: Context) -> str | None:
    other = at.chance.choice(at.others[at.section])
    if other in text:
        return None
    return text.rstrip(".") + at.chance.choice((". ", ", ", " 그리고 ")) + other


def _inserted(text: str, piece: str, at: Context) -> str | None:
    gaps = [found.end() for found in re.finditer(" ", text)]
    place = at.chance.choice(gaps) if gaps else 0
    return text[:place] + piece + text[place:]


def _first_changed(text: str, changes: Sequence[tuple[str, str]], at: Context) -> str | None:
    places = [(found, new) for old, new in changes for found in re.finditer(old, text)]
    if not places:
        return None
    found, new = at.chance.choice(places)
    return text[: found.start()] + new + text[found.end() :]


MUTATIONS: Sequence[Mutation] = (
    number, unit, negation_dropped, negation_added, population_swapped, drug_swapped, merged,
)  # fmt: skip


def writable(source: Source) -> Iterator[SourceSentence]:
    """Sentences that a model may write about: short, without a quantity."""
    for sentence in source.sentences:
        if len(sentence.text) <= LONGEST and not first_quantity(sentence.text):
            yield sentence


def measure(products: Sequence[tuple[str, Source]], ingredients: Sequence[str], *, seed: int = 7) -> Tally:
    """Mutate every correct sentence that the gate passes, as it is and reworded."""
    chance, tally = random.Random(seed), Tally()
    others: dict[str, list[str]] = {}
    for _, source in products:
        for sentence in writable(source):
            others.setdefault(_section(sentence), []).append(sentence.text)
    for _, source in products:
        for sentence in writable(source):
            _one(sentence, source, Context(chance, ingredients, others, _section(sentence)), tally)
    return tally


def _section(sentence: SourceSentence) -> str:
    return SECTION_OF.get(sentence.field, "advice")


def _one(sentence: SourceSentence, source: Source, at: Context, tally: Tally) -> None:
    known = source.by_id
    text = at.chance.choice((sentence.text, in_plain_words(sentence.text)))
    verdict = judge(Claim(at.section, text, (sentence.id,)), known)
    tally.add("correct", caught=not verdict.passed, example=f"{verdict.rule} {verdict.detail}: {text}")
    if not verdict.passed:
        return
    for mutate in MUTATIONS:
        mutant = mutate(text, at)
        if mutant is None or mutant == text or len(mutant) > LONGEST + 200:
            continue
        refused = not judge(Claim(at.section, mutant, (sentence.id,)), known).passed
        tally.add(mutate.__name__, caught=refused, example=f"{text}  ->  {mutant}")


def ingredient_names(products: Sequence[tuple[str, Source]]) -> list[str]:
    """Ingredients as product names give them in brackets."""
    found = {
        part.strip()
        for name, _ in products
        for inside in re.findall(r"\(([^()]+)\)", name)
        for part in inside.split(",")
    }
    return sorted(name for name in found if re.fullmatch(r"[가-힣]{4,}", name) and "수출" not in name)


def run(*, quick: bool) -> Result:
    full = harness.FULL.is_dir() and not quick
    products = labels(DUMP if full else harness.SAMPLE / "easydrug.jsonl")[: 60 if quick else None]
    result = Result(
        "grounding", "The gate before a summary", f"{len(products):,} labels of {_source(full)}", quick=quick
    )
    started = time.perf_counter()
    tally = measure(products, ingredient_names(products))
    seconds = time.perf_counter() - started
    judged = sum(total for _, total in tally.caught.values())
    result.notes += [
        "Each correct sentence that the gate passes is mutated, as it is and reworded by rule.",
        f"{1_000 * seconds / judged:.2f} ms a sentence.",
    ]
    result.tables += [_refused(tally), _must_keep(products)]
    return result


def _source(full: bool) -> str:
    return "the full data" if full else "our own sample"


def _refused(tally: Tally) -> Table:
    rows: list[list[Cell]] = [
        [kind.replace("_", " "), total, caught, f"{100 * caught / total:.2f} %"]
        for kind, (caught, total) in tally.caught.items()
    ]
    note = (
        "“correct” are sentences without a mutation: a refusal there is a false alarm, and the source is shown instead."
    )
    return Table("Sentences refused", ["mutation", "sentences", "refused", "share"], rows, note)


def _must_keep(products: Sequence[tuple[str, Source]]) -> Table:
    """Whether what must not be omitted (contraindications, pregnancy, age …) is among the copied sentences."""
    copied = [(source, copied_ids(sections(source))) for _, source in products]
    counts = [count for source, ids in copied for count in coverage(source.sentences, ids).values()]
    kept, present = sum(kept for kept, _ in counts), sum(present for _, present in counts)
    losing = sum(bool(omitted(source.sentences, ids)) for source, ids in copied)
    rows: list[list[Cell]] = [[len(products), present, kept, losing]]
    columns = ["labels", "statements that must be kept", "copied", "labels that omit one"]
    return Table("What must not be omitted", columns, rows)


if __name__ == "__main__":
    harness.main(run)
