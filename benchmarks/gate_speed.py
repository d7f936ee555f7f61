"""What the gate costs one whole summary: a dozen claims over a label that it has not seen."""

import random
import statistics
import time
from collections.abc import Sequence

from benchmarks.results import Goal, Result, Table
from summaries.compose import Source
from summaries.easy_words import ease
from summaries.grounding import Claim, judge
from summaries.quantities import first_quantity

CLAIMS, MOST_LABELS, ROUNDS = 12, 500, 5
_SECTION = {"efficacy": "effect", "side_effect": "side_effect"}


def speed(result: Result, products: Sequence[tuple[str, Source]]) -> None:
    """Judging CLAIMS claims of each label, ROUNDS times over all of them: so many others lie between that nothing of a
    label is remembered."""
    chosen = random.Random(5).sample(products, min(MOST_LABELS, len(products)))
    dozens = [(source, claims) for _, source in chosen if (claims := dozen(source))]
    judge_all(*dozens[0])
    rounds = [sorted(map(_milliseconds, dozens)) for _ in range(ROUNDS)]
    fastest = min(map(statistics.median, rounds))
    rows = [[f"{statistics.median(spent):.2f}", f"{spent[int(0.9 * len(spent))]:.2f}"] for spent in rounds]
    note = (
        f"{len(dozens)} labels a round. Processor time: other work takes none of it, but a core shared is a slower one."
    )
    result.tables.append(Table(f"The gate over one summary of {CLAIMS} claims", ["median ms", "90 % ms"], rows, note))
    goal = f"the gate over one summary, median, fastest of {ROUNDS} rounds"
    result.goals.append(Goal(goal, "< 5 ms", f"{fastest:.2f} ms", fastest < 5))


def dozen(source: Source) -> list[Claim]:
    """Claims on the label's first sentences, in easier words, then as they are, until there are enough."""
    able = [s for s in source.sentences if len(s.text) <= 280 and not first_quantity(s.text)][:CLAIMS]
    texts = [(s, ease(s.text)) for s in able] + [(s, s.text) for s in able] * CLAIMS
    return [Claim(_SECTION.get(s.field, "advice"), text, (s.id,)) for s, text in texts[:CLAIMS]]


def judge_all(source: Source, claims: Sequence[Claim]) -> None:
    known = source.by_id
    for claim in claims:
        judge(claim, known)


def _milliseconds(case: tuple[Source, Sequence[Claim]]) -> float:
    started = time.process_time()
    judge_all(*case)
    return 1_000 * (time.process_time() - started)
