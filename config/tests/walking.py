"""The URL table and the generated schema, walked: what a new endpoint adds is tried without a new test."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

API = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")
SEQ = "197700120"


@dataclass(frozen=True)
class Route:
    """`template` as in urls.py, without the leading slash: api/v1/plans/<uuid:id_>."""

    template: str
    name: str

    @property
    def takes(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.template)

    def address(self, **values: object) -> str:
        """With these values, and harmless ones for the rest."""
        return "/" + re.sub(
            r"<(?:(\w+):)?(\w+)>", lambda m: str(values.get(m[2], _harmless(m[1], m[2]))), self.template
        )


def _harmless(converter: str | None, name: str) -> object:
    return {"uuid": uuid.UUID(int=7), "int": 7}.get(converter or "", SEQ if name == "item_seq" else "nothing")


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, where)
        elif isinstance(pattern, URLPattern):
            yield Route(where, pattern.name or "")


def routes() -> list[Route]:
    """Every route of ours; the admin's have tests of their own."""
    found = _walk(get_resolver().url_patterns, "")
    return [route for route in found if not route.template.startswith("admin/")]


def collection(path: str) -> str:
    """plans, of api/v1/plans/<uuid:id_>/refill"""
    return path.lstrip("/").removeprefix(API).split("/")[0]


def api_routes() -> list[Route]:
    return [route for route in routes() if route.template.startswith(API)]


@dataclass(frozen=True)
class Operation:
    """One operation of the schema. `body`: the schema of its JSON body, references resolved; None without one."""

    method: str
    path: str
    body: dict[str, Any] | None
    queries: list[dict[str, Any]] = field(default_factory=list)
    statuses: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, id_: object = uuid.UUID(int=7)) -> str:
        return re.sub(r"{(\w+)}", lambda m: SEQ if m[1] == "item_seq" else str(id_), self.path)


@cache
def _schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations() -> list[Operation]:
    return [
        Operation(method, path, _body(item[method]), _queries(item[method]), frozenset(item[method]["responses"]))
        for path, item in _schema()["paths"].items()
        for method in METHODS
        if method in item
    ]


def _body(operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    return _resolved(content["application/json"]["schema"]) if "application/json" in content else None


def _queries(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in operation.get("parameters", []) if one["in"] == "query"]


def _resolved(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_resolved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(_schema()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    return {name: _resolved(value) for name, value in schema.items()}


def texts(schema: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """Where text stands in bodies of this schema: ("meal_times", "breakfast"), ("times", 0)."""
    for kind in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if kind.get("type") == "string" or "enum" in kind:
            yield ()
        for name, inner in kind.get("properties", {}).items():
            yield from ((name, *rest) for rest in texts(inner))
        if kind.get("type") == "array":
            yield from ((0, *rest) for rest in texts(kind["items"]))


def with_text(at: tuple[str | int, ...], text: str) -> Any:
    """The smallest body that has this text there."""
    if not at:
        return text
    inner = with_text(at[1:], text)
    return [inner] if at[0] == 0 else {at[0]: inner}
