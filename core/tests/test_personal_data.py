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
