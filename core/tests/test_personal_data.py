import datetime
import json

import pytest

from core import personal_data


@pytest.fixture(autouse=True)
def _no_holders(monkeypatch):
    monkeypatch.setattr(personal_data, "_holders", {})


def test_every_app_exports_and_erases():
    personal_data.register("scraps", export=lambda user: [user], erase=lambda user: 3)
    personal_data.register("doses", export=lambda user: {"n": 1}, erase=lambda user: 0)
    assert personal_data.export("u") == {"scraps": ["u"], "doses": {"n": 1}}
    assert personal_data.erase("u") == {"scraps": 3, "doses": 0}


def test_a_name_belongs_to_one_app():
    personal_data.register("scraps", export=str, erase=len)
    personal_data.register("scraps", export=str, erase=len)
    with pytest.raises(ValueError, match="scraps"):
        personal_data.register("scraps", export=repr, erase=len)


def test_the_stream_is_the_export_as_json():
    day = datetime.date(2026, 11, 26)
    personal_data.register("empty", export=lambda user: {}, erase=len)
    personal_data.register("none", export=lambda user: None, erase=len)
    rows = [{"n": 1, "at": day, "name": '따옴표 " 와 \\'}, {"n": 2, "more": iter(["a", "b"])}]
    personal_data.register("rows", export=lambda user: {"rows": iter(rows), "no_rows": iter([])}, erase=len)
    pieces = list(personal_data.stream("u"))
    assert len(pieces) > 10
    assert json.loads("".join(pieces)) == {
        "empty": {},
        "none": None,
        "rows": {
            "rows": [{"n": 1, "at": "2026-11-26", "name": '따옴표 " 와 \\'}, {"n": 2, "more": ["a", "b"]}],
            "no_rows": [],
        },
    }


def test_rows_are_asked_for_one_by_one():
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield number

    personal_data.register("rows", export=lambda user: rows(), erase=len)
    stream = personal_data.stream("u")
    while asked != [0, 1]:
        next(stream)
    assert len(asked) == 2
