"""Words that curators add to the keyword groups: which sentences of a label speak of them."""

import pytest

from core.cache import tiers
from medicines.models import Synonym
from medicines.selectors.dictionary import KEY
from medicines.selectors.label_text import label_text
from summaries.keywords import about
from summaries.selectors import source_of
from summaries.sentences import source_sentences
from summaries.tests.factories import make_medicine

LABEL = {
    "side_effect": "드물게 졸음이 나타날 수 있습니다.",
    "precaution": "임부는 의사와 상의하십시오.",
}


def said(keyword, curated=()):
    sentences = source_sentences(LABEL)
    return [sentence.text for sentence in about(keyword, sentences, curated)]


def test_a_new_word_means_a_whole_group():
    assert said("꾸벅꾸벅") == []
    assert said("꾸벅꾸벅", [("꾸벅꾸벅", "졸림", True)]) == [LABEL["side_effect"]]
    assert said("졸림", [("꾸벅꾸벅", "졸림", True)]) == [LABEL["side_effect"]]


def test_two_new_words_of_one_meaning_know_each_other():
    curated = [("꾸벅꾸벅", "까무룩", True), ("졸음이", "까무룩", True)]
    assert said("꾸벅꾸벅", curated) == [LABEL["side_effect"]]


def test_a_word_that_is_turned_off_is_not_looked_for():
    assert said("임신") == [LABEL["precaution"]]
    assert said("임신", [("임부", "임산부", False)]) == []
    assert said("임신", [("임부", "당뇨", False)]) == [LABEL["precaution"]]


@pytest.mark.django_db
def test_a_label_is_read_with_the_words_in_use():
    make_medicine("209900001", **LABEL)
    label = label_text(item_seq="209900001")
    assert not source_of(label, "꾸벅꾸벅").sentences
    Synonym.objects.create(kind="keyword", word="꾸벅꾸벅", means="졸음")
    tiers().delete_many([KEY])
    assert [sentence.text for sentence in source_of(label, "꾸벅꾸벅").sentences] == [LABEL["side_effect"]]
