import pytest
from rest_framework import serializers

from core.bodies import StrictSerializer


class Body(StrictSerializer):
    text = serializers.CharField(required=False, allow_null=True)
    yes = serializers.BooleanField(required=False)
    number = serializers.IntegerField(required=False)
    one_of = serializers.ChoiceField(["a"], required=False)


@pytest.mark.parametrize("body", [
    {"text": "5"}, {"text": None}, {"yes": True}, {"number": 5}, {"one_of": "a"}, {},
])  # fmt: skip
def test_the_types_of_json_are_kept(body):
    assert Body(data=body).is_valid()


@pytest.mark.parametrize(("body", "code"), [
    ({"text": 5}, "invalid"), ({"text": 5.5}, "invalid"), ({"text": True}, "invalid"), ({"text": ["a"]}, "invalid"),
    ({"yes": 0}, "invalid"), ({"yes": "true"}, "invalid"), ({"yes": "yes"}, "invalid"), ({"yes": 1}, "invalid"),
    ({"number": "5"}, "invalid"), ({"number": 5.0}, "invalid"), ({"number": True}, "invalid"),
    ({"other": 1}, "unknown"), ({"text": "a", "\ud800": 1}, "unknown"),
])  # fmt: skip
def test_others_are_refused_by_name(body, code):
    given = Body(data=body)
    assert not given.is_valid()
    (errors,) = given.errors.values()
    assert [error.code for error in errors] == [code]
