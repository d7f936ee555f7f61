"""What the generated schema says of every operation beside its own answers: problems, idempotency keys, links."""

import re
from typing import Any

from core.errors import PROBLEMS
from core.schema import example_of

# By slug; of several with one status the first is told.
_ALWAYS = (
    "invalid-query", "method-not-allowed", "uri-too-long", "throttled", "headers-too-large", "internal-error",
    "unavailable",
)  # fmt: skip
# Views that let no one else in are all DRF's, which reads `Accept`; the others answer JSON whatever it says.
_SIGNED_IN = ("not-authenticated", "forbidden", "not-acceptable")
_WITH_BODY = ("conflict", "payload-too-large", "unsupported-media-type", "idempotency-key-reused")
# What logging in answers is a secret, and is not stored for a repetition.
_NEVER_STORED = "/api/v1/auth/"
_METHODS = frozenset(("get", "post", "put", "patch", "delete"))


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A drf-spectacular POSTPROCESSING_HOOK: attach the problems that any operation may answer with.

    The component `Problem` is core.schema's; what an operation says itself (`core.schema.problems`) stays.
    """
    for path, item in result["paths"].items():
        for method, operation in item.items():
            if method in _METHODS:
                _complete(operation, method=method, path=path)
    return result


def _complete(operation: dict[str, Any], *, method: str, path: str) -> None:
    expected = [*_ALWAYS, *(["not-found"] if "{" in path else [])]
    if operation.get("security") and {} not in operation["security"]:
        expected += _SIGNED_IN
    if method in ("post", "put", "patch"):
        expected += _WITH_BODY
    for slug in expected:
        status = str(PROBLEMS[slug].status)
        response = operation["responses"].setdefault(status, _response(slug))
        if status in ("429", "503"):
            response.setdefault("headers", {}).setdefault("Retry-After", _RETRY_AFTER)
    if method == "post" and not path.startswith(_NEVER_STORED):
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _response(slug: str) -> dict[str, Any]:
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {slug: {"value": example_of(PROBLEMS[slug])}},
    }
    return {"description": PROBLEMS[slug].title, "content": {"application/problem+json": content}}


def add_links(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A drf-spectacular POSTPROCESSING_HOOK: from what is made or listed to what can be done with it.

    Readers find their way by these, and `make fuzz` follows them with ids that exist.
    """
    for path, item in result["paths"].items():
        for method, place in (("post", ""), ("get", "/results/0")):
            response = item.get(method, {}).get("responses", {}).get("201" if method == "post" else "200", {})
            if "application/json" in response.get("content", {}):
                response.update(_links(result["paths"], path, place))
    return result


# What stands in a path, and the field of an answer that it is taken from.
_IDS = {"id_": "id", "pharmacy_id": "id", "item_seq": "item_seq"}


def _links(paths: dict[str, Any], collection: str, place: str) -> dict[str, Any]:
    found = {}
    for path, item in paths.items():
        name = re.match(re.escape(collection) + r"/{(\w+)}", path)
        if name is None or name[1] not in _IDS:
            continue
        for operation in (item[method] for method in item if method in _METHODS):
            parameters = {name[1]: f"$response.body#{place}/{_IDS[name[1]]}"}
            found[operation["operationId"]] = {"operationId": operation["operationId"], "parameters": parameters}
    return {"links": found} if found else {}


_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "몇 초 뒤에 다시 물으면 되는지"}
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "같은 요청을 되풀이해도 한 번만 처리되게 하는 값. 24시간 동안 기억합니다.",
}
