"""What the generated schema says of every operation beside its own answers: problems and idempotency keys."""

from typing import Any

_ALWAYS = {
    "400": "요청 값이 올바르지 않음",
    "405": "허용되지 않은 메서드",
    "429": "요청이 너무 잦음",
    "500": "서버 오류",
    "503": "잠시 이용 불가",
}
_WITH_BODY = {"409": "충돌", "413": "본문이 너무 큼", "415": "받지 않는 형식", "422": "다시 쓰인 Idempotency-Key"}
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
    expected = dict(_ALWAYS)
    if "{" in path:
        expected["404"] = "찾을 수 없음"
    if operation.get("security") and {} not in operation["security"]:
        expected |= {"401": "로그인 필요", "403": "권한 없음"}
    if method in ("post", "put", "patch"):
        expected |= _WITH_BODY
    for status, description in expected.items():
        response = operation["responses"].setdefault(status, _response(description))
        if status in ("429", "503"):
            response.setdefault("headers", {}).setdefault("Retry-After", _RETRY_AFTER)
    if method == "post" and not path.startswith(_NEVER_STORED):
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)


def _response(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


_RETRY_AFTER = {"schema": {"type": "integer"}, "description": "몇 초 뒤에 다시 물으면 되는지"}
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "같은 요청을 되풀이해도 한 번만 처리되게 하는 값. 24시간 동안 기억합니다.",
}
