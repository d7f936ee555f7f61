"""Permit labels, with their tables and numbered lists: nothing is lost, nothing taken for an order to a machine."""

import json
from pathlib import Path

import pytest

from medicines.permit_documents import document_sections
from summaries.sentences import source_sentences
from summaries.vocabulary import HOSTILE

ROOT = Path(__file__).parents[2]
LIVE = ROOT.parent / "shared" / "data" / "fixtures_live" / "permission_detail.json"


def sections(row):
    return document_sections(*(row.get(f"{kind}_DOC_DATA") or "" for kind in ("EE", "UD", "NB")))


def sample():
    lines = (ROOT / "sandbox" / "sample" / "permit_detail.jsonl").read_text("utf-8").splitlines()
    return [sections(json.loads(line)) for line in lines]


def live():
    if not LIVE.exists():
        pytest.skip("live answers are not here (../shared/data/fixtures_live)")
    return [sections(row) for row in json.loads(LIVE.read_text("utf-8"))["body"]["items"]]


@pytest.mark.parametrize("labels", [sample, live])
def test_no_character_is_lost(labels):
    for label in labels():
        for field in {s.field for s in source_sentences(label)}:
            split = "".join(s.text for s in source_sentences(label) if s.field == field)
            assert "".join(split.split()) == "".join(label[field].split())


@pytest.mark.parametrize("labels", [sample, live])
def test_every_section_has_its_sentences(labels):
    for label in labels():
        assert {s.field for s in source_sentences(label)} == {field for field, text in label.items() if text.strip()}


@pytest.mark.parametrize("labels", [sample, live])
def test_nothing_is_taken_for_an_order_to_a_machine(labels):
    texts = [text for label in labels() for text in label.values()]
    assert [found[0] for text in texts if (found := HOSTILE.search(text))] == []


@pytest.mark.parametrize("labels", [sample, live])
def test_rows_of_tables_stay_whole(labels):
    lines = [(field, line) for label in labels() for field, text in label.items() for line in text.split("\n")]
    rows = {line.strip() for _, line in lines if " | " in line}
    sentences = {s.text for label in labels() for s in source_sentences(label)}
    assert rows - sentences == set()
