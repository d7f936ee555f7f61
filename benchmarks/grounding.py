"""The gate against mutated sentences of real labels: what share of each kind it catches, what it refuses wrongly."""

import gzip
import json
import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from benchmarks import harness, marks
from benchmarks.gate_speed import speed
from benchmarks.mutations import MUTATIONS, Context
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


def labels(dump: Path = DUMP) -> list[tuple[str, Source]]:
    """(product name, sentences) of every product in the dump."""
    return [(name, source) for _, name, source in _read(dump)]


def labels_by_item_seq(dump: Path = DUMP) -> dict[str, Source]:
    """The same by product number."""
    return {item_seq: source for item_seq, _, source in _read(dump)}


@cache
def _read(dump: Path) -> Sequence[tuple[str, str, Source]]:
    """Once in a process: taking thousands of labels apart takes a while."""
    return [(row["itemSeq"], row["itemName"], _source_of(row)) for row in _rows(dump)]


def _rows(dump: Path) -> list[dict[str, str]]:
    opened = gzip.open if dump.suffix == ".gz" else open
    with opened(dump, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _source_of(row: Mapping[str, str]) -> Source:
    return trusted(source_sentences({name: clean_text(row[key]) for name, key in FIELDS.items()}))


def in_plain_words(text: str) -> str:
    """A rewording by rule, as far from the source as one can go without a model."""
    for formal, plain in _ENDINGS:
        text = text.replace(formal, plain)
    text = re.sub(r"^이 약은\s*(.+?)에 사용해요\.?$", r"\1에 쓰는 약이에요.", text)
    return ease(text)


def writable(source: Source) -> Iterator[SourceSentence]:
    """Sentences that a model may write about: short, without a quantity."""
    for sentence in source.sentences:
        if len(sentence.text) <= LONGEST and not first_quantity(sentence.text):
            yield sentence


def measure(products: Sequence[tuple[str, Source]], ingredients: Sequence[str], *, seed: int = 7) -> Tally:
    """Mutate every correct sentence that the gate passes, as it is and reworded."""
    chance, tally = random.Random(seed), Tally()
    others = others_of(products)
    for _, source in products:
        for sentence in writable(source):
            text = chance.choice((sentence.text, in_plain_words(sentence.text)))
            _one(
                text, sentence, source, Context(chance, ingredients, others, section_of(sentence), sentence.text), tally
            )
    return tally


def measure_written(
    written: Iterable[tuple[Source, SourceSentence, str]],
    others: Mapping[str, Sequence[str]],
    ingredients: Sequence[str],
    *,
    rounds: int = 10,
) -> Tally:
    """The same for sentences written by hand: each is judged once, those that pass are mutated in every round."""
    chance, tally = random.Random(7), Tally()
    for source, sentence, text in written:
        at = Context(chance, ingredients, others, section_of(sentence), sentence.text)
        if _one(text, sentence, source, at, tally):
            for _ in range(rounds - 1):
                _mutated(text, sentence, source, at, tally)
    return tally


def others_of(products: Sequence[tuple[str, Source]]) -> Mapping[str, Sequence[str]]:
    """What is said elsewhere, by section: mutations take sentences and items of other products from it."""
    others: dict[str, list[str]] = {}
    for _, source in products:
        for sentence in writable(source):
            others.setdefault(section_of(sentence), []).append(sentence.text)
    return others


def section_of(sentence: SourceSentence) -> str:
    return SECTION_OF.get(sentence.field, "advice")


def _one(text: str, sentence: SourceSentence, source: Source, at: Context, tally: Tally) -> bool:
    verdict = judge(Claim(at.section, text, (sentence.id,)), source.by_id)
    tally.add("correct", caught=not verdict.passed, example=f"{verdict.rule} {verdict.detail}: {text}")
    if verdict.passed:
        _mutated(text, sentence, source, at, tally)
    return verdict.passed


def _mutated(text: str, sentence: SourceSentence, source: Source, at: Context, tally: Tally) -> None:
    known = source.by_id
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
    products = labels(DUMP if full else harness.SAMPLE / "easydrug.jsonl")[: 20 if quick else None]
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
    result.tables += [_refused(tally, "Sentences refused"), _must_keep(products)]
    speed(result, products)
    if full:
        result.tables += _by_hand(products)
    return result


def _by_hand(products: Sequence[tuple[str, Source]]) -> list[Table]:
    by_item_seq, others, ingredients = labels_by_item_seq(), others_of(products), ingredient_names(products)
    tables = [
        _refused(measure_written(marks.lines(path, by_item_seq), others, ingredients), title)
        for path, title in (
            (marks.PARAPHRASES, "Refused of 100 paraphrases written by hand, and of their mutations"),
            (marks.WORKED_ON, "The same of 540 more that the gate was worked on with"),
            (marks.HELD_OUT, "The same of 60 that no rule or table was fitted to"),
        )
    ]
    return [*tables, marks.classifier(by_item_seq)]


def _source(full: bool) -> str:
    return "the full data" if full else "our own sample"


def _refused(tally: Tally, title: str) -> Table:
    rows: list[list[Cell]] = [
        [kind.replace("_", " "), total, caught, f"{100 * caught / total:.2f} %"]
        for kind, (caught, total) in tally.caught.items()
    ]
    note = (
        "“correct” are sentences without a mutation: a refusal there is a false alarm, and the source is shown instead."
    )
    return Table(title, ["mutation", "sentences", "refused", "share"], rows, note)


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
