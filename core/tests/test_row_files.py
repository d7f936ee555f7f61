"""Rows of files whose shape is their own: answers of a service saved as they came, in JSON and XML."""

import json

import pytest

from core.row_files import Refusal, rows


def read(path):
    with path.open("rb") as raw:
        return list(rows(path, raw))


@pytest.mark.parametrize(
    "whole",
    [
        [{"a": 1}], {"body": {"items": [{"a": 1}]}}, {"response": {"body": {"items": {"item": [{"a": 1}]}}}},
        {"response": {"body": {"items": {"item": {"a": 1}}}}}, {"a": 1},
    ],
)  # fmt: skip
def test_json_in_each_envelope(tmp_path, whole):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(whole))
    assert read(path) == [(1, {"a": 1})]


@pytest.mark.parametrize("items", ["", None, []])
def test_an_answer_without_rows(tmp_path, items):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"response": {"body": {"items": items}}}))
    assert read(path) == []


def test_xml(tmp_path):
    path = tmp_path / "rows.xml"
    path.write_text("<r><body><items><item><a>1</a><b/></item><item><a>2</a></item></items></body></r>")
    assert read(path) == [(1, {"a": "1", "b": ""}), (2, {"a": "2"})]


@pytest.mark.parametrize("text", ["", "<r>", "<!DOCTYPE r [<!ENTITY e 'x'>]><r>&e;</r>"])
def test_xml_that_cannot_be_read(tmp_path, text):
    path = tmp_path / "rows.xml"
    path.write_text(text)
    ((_, refusal),) = read(path)
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("no XML")
