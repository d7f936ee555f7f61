from drf_spectacular.generators import SchemaGenerator

from core.tests import urls


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


def test_nothing_of_how_it_is_made_is_told():
    text = str(SchemaGenerator().get_schema(request=None, public=True))
    assert "spectacular" not in text
    assert "Never called" not in text
