"""The gate and the must-keep classes over real labels; skipped where they are not at hand."""

import gzip
import json
import random

import pytest

from benchmarks import grounding as bench
from medicines.labels import clean_text
from summaries.compose import copied_ids, sections
from summaries.omissions import omitted
from summaries.sentences import source_sentences
from summaries.vocabulary import HOSTILE

pytestmark = pytest.mark.skipif(
    not bench.DUMP.exists(), reason="real labels are not here (../shared/data/easydrug.jsonl.gz)"
)

# An item of another label may be the same thing in other words (구역 for 메스꺼움), which no rule here can tell.
LEAST = {"item_swapped": 0.85, "turned": 0.97}


@pytest.fixture(scope="module")
def products():
    return bench.labels()


@pytest.fixture(scope="module")
def tally(products):
    sample = random.Random(11).sample(products, 250)
    return bench.measure(sample, bench.ingredient_names(products))


@pytest.mark.parametrize("kind", [mutate.__name__ for mutate in bench.MUTATIONS])
def test_mutations_are_caught(tally, kind):
    assert tally.caught[kind][1] > 100
    assert tally.share(kind) >= LEAST.get(kind, 0.99), tally.missed[kind][:3]


def test_correct_sentences_are_rarely_refused(tally):
    assert tally.share("correct") < 0.10


def test_no_label_loses_what_must_be_kept(products):
    assert [name for name, source in products if omitted(source.sentences, copied_ids(sections(source)))] == []


def test_no_real_sentence_is_taken_for_an_order_to_a_machine():
    with gzip.open(bench.DUMP, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = (clean_text(row[key]) for row in rows for key in bench.FIELDS.values())
    assert [found[0] for text in texts if (found := HOSTILE.search(text))] == []


def test_a_class_that_is_not_copied_is_noticed():
    sentences = source_sentences({"precaution": "임부는 복용하지 마십시오.", "efficacy": "기침에 씁니다."})
    assert omitted(sentences, set()) == ["precaution.0"]
