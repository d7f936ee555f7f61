"""A curator's work is exported with their name, and outlives it."""

import json

import pytest

from accounts.models import User
from core import personal_data
from summaries.models import CustomSummary, CustomSummaryRevision, HardWord, Summary, SummaryRevision

pytestmark = pytest.mark.django_db


def step(model, summary, curator):
    states = {"state_before": "auto", "state_after": "reviewed", "source_hash": "h"}
    return model.objects.create(summary=summary, version=1, action="approve", actor=curator, **states)


def test_work_stays_without_the_name(medicine):
    curator, other = (User.objects.create_user(name, "a long password", is_staff=True) for name in ("one", "two"))
    plain = Summary.objects.create(medicine=medicine, item_seq=medicine.item_seq)
    keyword = CustomSummary.objects.create(
        medicine=medicine, item_seq=medicine.item_seq, medicine_name=medicine.name, search_keyword="임산부"
    )
    steps = [step(SummaryRevision, plain, curator), step(CustomSummaryRevision, keyword, curator)]
    word = HardWord.objects.create(word="시험어", easy="쉬운 말", changed_by=curator)
    told = json.loads("".join(personal_data.stream(str(curator.pk))))["summaries"]
    assert [len(told[name]) for name in ("revisions", "keyword_revisions", "hard_words")] == [1, 1, 1]
    assert json.loads("".join(personal_data.stream(str(other.pk))))["summaries"]["revisions"] == []
    assert personal_data.erase(str(curator.pk))["summaries"] == 3
    for row in (*steps, word):
        row.refresh_from_db()
    assert (steps[0].actor, steps[1].actor, word.changed_by) == (None, None, None)
