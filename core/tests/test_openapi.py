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
