"""The schema of the plain views: every status, header and example."""

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.fields import empty

from medicines.serializers import DetailSerializer, PopularSerializer, SearchSerializer, SuggestionsSerializer

PATHS = {
    "/api/v1/medicines": (SearchSerializer, {"200", "304", "400", "405", "414", "429", "431", "500", "503"}),
    "/api/v1/medicines/suggest": (
        SuggestionsSerializer,
        {"200", "304", "400", "405", "414", "429", "431", "500", "503"},
    ),
    "/api/v1/medicines/popular": (PopularSerializer, {"200", "304", "400", "405", "414", "429", "431", "500", "503"}),
    "/api/v1/medicines/{item_seq}": (
        DetailSerializer,
        {"200", "304", "400", "404", "405", "414", "429", "431", "500", "503"},
    ),
}


@pytest.fixture(scope="module")
def paths():
    return SchemaGenerator().get_schema(public=True)["paths"]


@pytest.mark.parametrize("path", PATHS)
def test_every_status_has_its_kind_of_answer(paths, path):
    responses = paths[path]["get"]["responses"]
    assert set(responses) == PATHS[path][1]
    for status, response in responses.items():
        kind = {"2": ["application/json"], "3": []}.get(status[0], ["application/problem+json"])
        assert list(response.get("content", {})) == kind, status


@pytest.mark.parametrize("path", PATHS)
def test_headers_are_told(paths, path):
    responses = paths[path]["get"]["responses"]
    assert {"ETag", "X-Cache", "Cache-Control", "X-Request-ID", "Server-Timing"} <= responses["200"]["headers"].keys()
    assert "Retry-After" in responses["429"]["headers"]
    assert "Retry-After" in responses["503"]["headers"]


@pytest.mark.parametrize("path", PATHS)
def test_the_example_keeps_to_the_shape(paths, path):
    examples = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["examples"]
    for example in examples.values():
        shape = PATHS[path][0](data=example["value"])
        assert shape.is_valid(), shape.errors
        assert set(example["value"]) == {name for name, field in shape.fields.items() if field.default is empty}


def test_what_search_answers_is_what_the_schema_says(client, db):
    from_server = client.get("/api/v1/medicines", {"q": "보라매"}).json()
    assert set(from_server) == set(SearchSerializer().fields)
