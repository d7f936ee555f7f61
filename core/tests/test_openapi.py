from datetime import datetime

import pytest
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import spectacular_settings
from jsonschema import Draft202012Validator, FormatChecker

from core.tests import urls

_FORMATS = FormatChecker()


@_FORMATS.checks("date-time", ValueError)
def _is_an_instant(value):
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def test_every_operation_tells_its_problems():
    schema = SchemaGenerator(patterns=urls.urlpatterns).get_schema(request=None, public=True)
    create = schema["paths"]["/api/v1/installs"]["post"]
    assert {"201", "400", "405", "409", "413", "415", "422", "429", "500", "503"} <= create["responses"].keys()
    content = create["responses"]["429"]["content"]
    assert list(content) == ["application/problem+json"]
    assert "Problem" in schema["components"]["schemas"]
    assert "Retry-After" in create["responses"]["429"]["headers"]
    assert [p["name"] for p in create["parameters"]] == ["Idempotency-Key"]


def test_every_problem_that_is_told_has_an_example():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = [operation for item in schema["paths"].values() for operation in item.values()]
    assert len(operations) >= 6
    for operation in operations:
        assert {"414", "431"} <= operation["responses"].keys()
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                examples = [example["value"] for example in content.get("examples", {}).values()]
                assert examples, (operation["operationId"], status)
                if kind == "application/problem+json":
                    assert {str(example["status"]) for example in examples} == {status}


def test_what_is_made_or_listed_leads_to_what_can_be_done_with_it():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    linked = set()
    for path, method, status in (
        ("plans", "post", "201"), ("scraps", "post", "201"), ("tags", "post", "201"), ("devices", "post", "201"),
        ("carers", "post", "201"), ("schedules", "get", "200"), ("medicines", "get", "200"),
        ("pharmacies", "get", "200"),
    ):  # fmt: skip
        linked |= paths[f"/api/v1/{path}"][method]["responses"][status]["links"].keys()
    with_an_id = {
        operation["operationId"]
        for path, item in paths.items()
        for operation in item.values()
        if "{" in path and "calendar" not in path
    }
    assert linked == with_an_id
    links = paths["/api/v1/schedules"]["get"]["responses"]["200"]["links"]
    assert next(iter(links.values()))["parameters"] == {"id_": "$response.body#/results/0/id"}
    detail = paths["/api/v1/medicines"]["get"]["responses"]["200"]["links"]["get_medicine"]
    assert detail["parameters"] == {"item_seq": "$response.body#/results/0/item_seq"}


def test_nothing_of_how_it_is_made_is_told():
    text = str(SchemaGenerator().get_schema(request=None, public=True))
    assert "spectacular" not in text
    assert "Never called" not in text


@pytest.fixture
def strict():
    """The schema in the JSON Schema of OpenAPI 3.1, and without room for fields that no shape names."""
    spectacular_settings.apply_patches({"OAS_VERSION": "3.1.0"})
    try:
        schema = SchemaGenerator().get_schema(request=None, public=True)
    finally:
        spectacular_settings.clear_patches()
    for component in schema["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False
    return schema


def _wrong(schema, shape, example):
    validator = Draft202012Validator(shape | {"components": schema["components"]}, format_checker=_FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(example)]


def test_every_example_keeps_to_its_shape(strict):
    wrong, seen = {}, 0
    for item in strict["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    for example in content.get("examples", {}).values():
                        seen += 1
                        if errors := _wrong(strict, content["schema"], example["value"]):
                            wrong[operation["operationId"], status] = errors
    assert wrong == {}
    assert seen > 100


@pytest.mark.parametrize("change", [{"id": "x"}, {"created_at": "어제"}, {"id": None}, {"name": 5}, {"more": 1}])
def test_an_example_of_another_shape_is_found(strict, change):
    content = strict["paths"]["/api/v1/devices"]["post"]["responses"]["201"]["content"]["application/json"]
    (example,) = content["examples"].values()
    assert _wrong(strict, content["schema"], example["value"]) == []
    assert _wrong(strict, content["schema"], example["value"] | change)
