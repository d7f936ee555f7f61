"""What was written and marked by hand (summaries/tests/data), put back together with the labels it is about."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.results import Cell, Table
from summaries.compose import Source
from summaries.omissions import CLASSES, classes_of
from summaries.sentences import SourceSentence

DATA = Path(__file__).parents[1] / "summaries" / "tests" / "data"
PARAPHRASES, WORKED_ON, HELD_OUT, MUST_KEEP = (
    DATA / f"{name}.tsv" for name in ("paraphrases", "paraphrases_worked_on", "paraphrases_held_out", "must_keep_marks")
)


def lines(path: Path, labels: Mapping[str, Source]) -> Iterator[tuple[Source, SourceSentence, str]]:
    """(label, sentence, what was written of it). Raises ValueError when a label has changed since."""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        item_seq, field, index, digest, text = line.split("\t")
        source = labels[item_seq]
        sentence = source.by_id.get(f"{field}.{index}")
        if sentence is None or sentence.hash != digest:
            raise ValueError(f"{path.name}: {item_seq} {field}.{index} is another sentence now")
        yield source, sentence, text


def classifier(labels: Mapping[str, Source]) -> Table:
    """Where the classifier of must-keep classes and the marks differ, over every sentence of the marked labels."""
    marked = {(id(source), s.id): set(text.split()) for source, s, text in lines(MUST_KEEP, labels)}
    seen = {id(source): source for source, _, _ in lines(MUST_KEEP, labels)}
    pairs = [(marked.get((key, s.id), set()), classes_of(s)) for key, source in seen.items() for s in source.sentences]
    rows: list[list[Cell]] = []
    for name in CLASSES:
        hand = sum(name in by_hand for by_hand, _ in pairs)
        missed = sum(name in by_hand and name not in found for by_hand, found in pairs)
        extra = sum(name not in by_hand and name in found for by_hand, found in pairs)
        rows.append([name.replace("_", " "), hand, missed, f"{100 * missed / max(1, hand):.1f} %", extra])
    unkept = sum(bool(by_hand) and not found for by_hand, found in pairs)
    note = f"{len(seen)} labels; {unkept} marked sentences are in no class at all by the classifier."
    return Table("The classifier against marks by hand", ["class", "marked", "missed", "share", "beyond"], rows, note)
