"""What OpenAI refuses before any model runs: malformed requests and schemas that strict mode does not take."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

Schema = Mapping[str, object]
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
MAX_TOKENS_UNKNOWN = ("gpt-5", "gpt-6")
ROLES = ("system", "developer", "user", "assistant", "tool")


class RequestRefusedError(Exception):
    """A 4xx of the vendor, with the fields of its error body."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = "invalid_request_error"
        self.code = code
        self.param = param


def checked_schema(body: Mapping[str, object]) -> Schema | None:
    """The JSON schema asked for, None for free text; RequestRefusedError when the request is malformed."""
    _check_basics(body)
    wanted = body.get("response_format") or {"type": "text"}
    if not isinstance(wanted, dict) or wanted.get("type") not in ("text", "json_object", "json_schema"):
        raise RequestRefusedError("Invalid value for 'response_format.type'.", param="response_format.type")
    if wanted["type"] != "json_schema":
        return None if wanted["type"] == "text" else {"type": "object"}
    return _schema_of(wanted.get("json_schema"))


def _check_basics(body: Mapping[str, object]) -> None:
    model, messages = body.get("model"), body.get("messages")
    if not isinstance(model, str) or not model:
        raise RequestRefusedError("you must provide a model parameter", param="model")
    if not isinstance(messages, list) or not messages:
        raise RequestRefusedError("Missing required parameter: 'messages'.", param="messages")
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise RequestRefusedError("Invalid message role.", param=f"messages[{index}].role")
    if body.get("stream"):
        raise RequestRefusedError("The stand-in does not stream.", code="unsupported_value", param="stream")
    # max_tokens is deprecated; the reasoning families take max_completion_tokens only.
    if "max_tokens" in body and model.startswith(MAX_TOKENS_UNKNOWN):
        message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        raise RequestRefusedError(message, code="unsupported_parameter", param="max_tokens")


def _schema_of(wanted: object) -> Schema:
    if not isinstance(wanted, dict):
        raise RequestRefusedError("Missing required parameter: 'response_format.json_schema'.", param="response_format")
    name, schema = wanted.get("name"), wanted.get("schema")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise RequestRefusedError("Invalid 'response_format.json_schema.name'.", param="response_format")
    if not isinstance(schema, dict):
        raise RequestRefusedError("Missing 'response_format.json_schema.schema'.", param="response_format")
    if wanted.get("strict"):
        _check_strict(name, schema)
    return cast(Schema, schema)


def _check_strict(name: str, schema: dict[str, object]) -> None:
    if schema.get("type") != "object":
        _refuse(name, (), "schema must be a JSON Schema of 'type: \"object\"'")
    for path, node in _objects(schema, ()):
        properties = cast(dict[str, object], node.get("properties") or {})
        required = cast(list[str], node.get("required") or [])
        if node.get("additionalProperties") is not False:
            _refuse(name, path, "'additionalProperties' is required to be supplied and to be false")
        if missing := properties.keys() - set(required):
            _refuse(name, path, f"'required' must list every key in properties. Missing {sorted(missing)[0]!r}")


def _refuse(name: str, path: tuple[str, ...], why: str) -> None:
    message = f"Invalid schema for response_format {name!r}: In context={path!r}, {why}."
    raise RequestRefusedError(message, param="response_format")


def _objects(node: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every object schema at any depth, with the path to it."""
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from _objects(value, (*path, str(index)))
    elif isinstance(node, dict):
        if node.get("type") == "object":
            yield path, node
        for key, value in node.items():
            yield from _objects(value, (*path, key))
