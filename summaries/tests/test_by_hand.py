"""What was written and marked by hand over real labels; skipped where they are not at hand."""

import pytest

from benchmarks import grounding as bench
from benchmarks import marks
from benchmarks.gate_speed import dozen
from summaries.grounding import judge
from summaries.tests.test_mutations import LEAST

pytestmark = pytest.mark.skipif(
    not bench.DUMP.exists(), reason="real labels are not here (../shared/data/easydrug.jsonl.gz)"
)

# Freely worded sentences keep less of the label, and so less to compare.
LEAST_BY_HAND = LEAST | {"turned": 0.80, "symptom_added": 0.98}
SETS = [marks.PARAPHRASES, marks.WORKED_ON, marks.HELD_OUT]


@pytest.fixture(scope="module")
def by_item_seq():
    return bench.labels_by_item_seq()


@pytest.fixture(scope="module")
def tallies(by_item_seq):
    products = bench.labels()
    others, ingredients = bench.others_of(products), bench.ingredient_names(products)
    return {
        path: bench.measure_written(marks.lines(path, by_item_seq), others, ingredients, rounds=rounds)
        for path, rounds in zip(SETS, (5, 1, 5), strict=True)
    }


@pytest.mark.parametrize("path", SETS)
def test_paraphrases_are_seldom_refused(tallies, path):
    assert tallies[path].share("correct") < 0.10, tallies[path].missed


@pytest.mark.parametrize("path", SETS)
@pytest.mark.parametrize("kind", [mutate.__name__ for mutate in bench.MUTATIONS])
def test_mutated_paraphrases_are_caught(tallies, path, kind):
    assert tallies[path].share(kind) >= LEAST_BY_HAND.get(kind, 0.99), tallies[path].missed[kind][:3]


def test_there_are_a_hundred_paraphrases_of_many_products(by_item_seq):
    written = list(marks.lines(marks.PARAPHRASES, by_item_seq))
    assert len(written) == 100
    assert len({id(source) for source, _, _ in written}) == 100
    assert {sentence.field for _, sentence, _ in written} == set(bench.FIELDS)


def test_no_paraphrase_is_a_label_sentence(by_item_seq):
    for path in SETS:
        assert all(text != sentence.text for _, sentence, text in marks.lines(path, by_item_seq))


def test_the_held_out_sentences_stand_in_no_other_set(by_item_seq):
    fitted = {s.hash for path in SETS[:2] for _, s, _ in marks.lines(path, by_item_seq)}
    assert not fitted & {s.hash for _, s, _ in marks.lines(marks.HELD_OUT, by_item_seq)}


def test_the_classifier_misses_no_marked_sentence(by_item_seq):
    table = marks.classifier(by_item_seq)
    assert {row[0]: row[2] for row in table.rows} == dict.fromkeys((row[0] for row in table.rows), 0)


def test_a_second_judging_gives_the_same_verdicts(by_item_seq):
    sources = list(by_item_seq.values())[:40]
    judged = [[judge(claim, source.by_id) for claim in dozen(source)] for source in sources * 2]
    assert judged[:40] == judged[40:]
